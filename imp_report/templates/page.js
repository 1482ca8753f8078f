// Fold or unfold the code of all cells with one button; without scripts each cell's own fold works.
const button = document.querySelector("button.all-code");
const folds = [...document.querySelectorAll("details.code")];
if (button && folds.length) {
  const show = () => {
    const open = folds.every((fold) => fold.open);
    button.setAttribute("aria-pressed", String(open));
    button.textContent = open ? "Hide all code" : "Show all code";
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const open = folds.some((fold) => !fold.open);
    folds.forEach((fold) => { fold.open = open; });
  });
  folds.forEach((fold) => fold.addEventListener("toggle", show));
}
// On a narrow screen the contents would push the text away: start with them folded.
const contents = document.querySelector("nav.contents details");
if (contents && matchMedia("(max-width: 70rem)").matches) contents.open = false;
// Tables that ask for it are searched, filtered and sorted in the page; without scripts they are whole.
const made = (tag, properties = {}) => Object.assign(document.createElement(tag), properties);
const inWords = (id) => id.charAt(0).toUpperCase() + id.slice(1).replaceAll("_", " ");
const labelled = (text, field) => {
  const label = made("label", { textContent: `${text} ` });
  label.append(field);
  return label;
};
const chooser = (rows, name) => {
  const select = made("select");
  select.append(made("option", { value: "", textContent: "All" }));
  for (const value of new Set(rows.map((row) => row.dataset[name]))) {
    const count = rows.filter((row) => row.dataset[name] === value).length;
    select.append(made("option", { value, textContent: `${inWords(value)} (${count})` }));
  }
  return select;
};
// Numbers come before words and nothing comes last, whichever way a column is sorted.
const sortKey = (row, column) => {
  const text = row.cells[column].textContent.trim();
  const number = parseFloat(text.replace("\u2212", "-").replaceAll(",", "").replace(/^[<>]\s*/, ""));
  return { text, number, rank: !text ? 2 : isNaN(number) ? 1 : 0 };
};
const compare = (one, other, sign) => {
  if (one.rank !== other.rank) return one.rank - other.rank;
  return sign * (one.rank ? one.text.localeCompare(other.text, "en") : one.number - other.number);
};
for (const figure of document.querySelectorAll("figure.searchable")) {
  const body = figure.querySelector("tbody");
  const rows = [...body.rows];
  const search = made("input", { type: "search" });
  const choosers = Object.keys(rows[0]?.dataset ?? {}).map((name) => [name, chooser(rows, name)]);
  const count = made("output");
  count.setAttribute("aria-live", "polite");
  const update = () => {
    const words = search.value.toLowerCase().split(/\s+/);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word))
        && choosers.every(([name, { value }]) => !value || row.dataset[name] === value);
      row.hidden = !fits;
      shown += fits;
    }
    count.textContent = `${shown} of ${rows.length} rows`;
  };
  const controls = made("div", { className: "controls" });
  controls.append(labelled("Search", search));
  for (const [name, select] of choosers) controls.append(labelled(inWords(name), select));
  controls.append(count);
  controls.addEventListener("input", update);
  figure.querySelector(".scroll").before(controls);
  update();

  const heads = [...figure.querySelectorAll("thead th")];
  heads.forEach((head, column) => {
    const button = made("button", { type: "button", className: "sort" });
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const downwards = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", downwards ? "descending" : "ascending");
      const keyed = rows.map((row) => [sortKey(row, column), row]);
      keyed.sort(([one], [other]) => compare(one, other, downwards ? -1 : 1));
      body.append(...keyed.map(([, row]) => row));
    });
  });
}
// Of a long table the first rows are shown: one click, or a link to a row, shows the others.
for (const figure of document.querySelectorAll("figure.table")) {
  const count = figure.querySelectorAll("tbody tr").length;
  if (count < 20) continue;
  const button = made("button", { type: "button", className: "unfold" });
  const fold = (folded) => {
    figure.classList.toggle("folded", folded);
    button.setAttribute("aria-expanded", String(!folded));
    button.textContent = folded ? `Show all ${count} rows` : "Show fewer rows";
  };
  const unfoldForLink = () => { if (figure.querySelector("tr:target")) fold(false); };
  button.addEventListener("click", () => fold(!figure.classList.contains("folded")));
  addEventListener("hashchange", unfoldForLink);
  figure.querySelector(".scroll").after(button);
  fold(true);
  unfoldForLink();
}
