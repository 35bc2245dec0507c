"""Pages, maps, figures, workbooks and documents of one run. Nothing here computes a coverage or opens an input."""
