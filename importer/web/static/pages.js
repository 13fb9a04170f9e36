// htmx only saves reloads; these few lines tell whether the page still hears of the posting it shows.
(() => {
  "use strict";
  const lost = document.getElementById("lost");
  if (!lost) return;
  const says = (words) => { lost.textContent = words; lost.hidden = !words; };
  document.body.addEventListener("htmx:sseError", () => says(lost.dataset.words));
  for (const heard of ["htmx:sseOpen", "htmx:sseMessage"]) {
    document.body.addEventListener(heard, () => says(""));
  }
  document.body.addEventListener("htmx:sseClose", (event) => {
    if (event.detail.type === "message") location.assign(lost.dataset.next);
  });
})();
