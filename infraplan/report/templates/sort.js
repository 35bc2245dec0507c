// A click on a heading sorts the rows below the sum by that column; a second click turns the order round.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  table.querySelectorAll("thead th").forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const order = head.getAttribute("aria-sort") === "descending" ? "ascending" : "descending";
      table.querySelectorAll("thead th").forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent.trim();
      const rows = [...body.rows].filter((row) => !row.classList.contains("total"));
      rows.sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        const [p, q] = [x, y].map((text) => parseFloat(text.replaceAll(",", "")));
        if (!head.classList.contains("n")) return (order === "ascending" ? 1 : -1) * x.localeCompare(y, document.documentElement.lang);
        if (isNaN(p) || isNaN(q)) return isNaN(p) - isNaN(q);
        return order === "ascending" ? p - q : q - p;
      });
      body.append(...rows);
    });
  });
}
