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
