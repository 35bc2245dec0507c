/* Signs of the edited sites and of the chosen one: they can be dragged and reached with the keyboard. */
import { make, say } from "./dom.js";
import { changeSite, model, on } from "./model.js";

export class Marks {
  constructor(map, points, choose) {
    Object.assign(this, { map, points, choose, chosen: null, marks: new Map() });
    on("edits", () => this.draw());
    on("change", () => this.draw());
  }

  select(row) {
    this.chosen = row;
    this.draw();
  }

  /* Where an edited site is: its edit says so, or the row of the engine. */
  place(id, edit) {
    if (edit && edit.latitude !== undefined) return [edit.latitude, edit.longitude];
    const row = this.points.siteOf(id) || (this.chosen && this.chosen.id === id ? this.chosen : null) || this.known?.get(id);
    return row ? [row.latitude, row.longitude] : null;
  }

  /* Rows of sites seen so far, so that an edited one out of the view keeps its sign. */
  remember(rows) {
    this.known ||= new Map();
    for (const row of rows) if (row.edit || !this.known.has(row.id)) this.known.set(row.id, row);
  }

  draw() {
    this.remember(this.points.sites);
    const wanted = new Map(model.edits.map((edit) => [edit.id, edit]));
    if (this.chosen && !wanted.has(this.chosen.id)) wanted.set(this.chosen.id, null);
    for (const [id, mark] of this.marks) if (!wanted.has(id)) { mark.remove(); this.marks.delete(id); }
    for (const [id, edit] of wanted) {
      const at = this.place(id, edit);
      if (!at) continue;
      const kind = edit ? edit.do : "none", isChosen = this.chosen?.id === id, known = this.marks.get(id);
      const title = say("mark_" + kind, { id });
      const suggested = !edit && this.chosen?.status === "suggested";
      const className = "site-mark " + kind + (isChosen ? " chosen" : "") + (suggested ? " suggested" : "");
      const icon = known?.options.icon.options.className === className ? null : L.divIcon({ className, html: make("i", {}), iconSize: [24, 24] });
      if (known) {
        known.setLatLng(at);
        if (icon) known.setIcon(icon);
      } else {
        const mark = L.marker(at, { icon, title, alt: title, riseOnHover: true, draggable: model.mayEdit && kind !== "remove" && !suggested, autoPan: true });
        mark.on("click", () => this.choose(this.points.siteOf(id) || this.known.get(id) || { id }));
        mark.on("dragend", () => { const p = mark.getLatLng(); changeSite(id, { longitude: rounded(p.lng), latitude: rounded(p.lat) }); });
        mark.addTo(this.map);
        this.marks.set(id, mark);
      }
      const mark = this.marks.get(id);
      if (mark.dragging) { if (model.mayEdit && kind !== "remove" && !suggested) mark.dragging.enable(); else mark.dragging.disable(); }
      for (const name of ["aria-label", "title"]) mark.getElement()?.setAttribute(name, title);
    }
  }
}

export const rounded = (degrees) => Math.round(degrees * 1e6) / 1e6;
