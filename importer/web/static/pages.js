// Only saves reloads: everything works without it.
(() => {
  "use strict";
  const live = document.getElementById("live");
  if (!live || !live.dataset.events) return;
  const lost = document.getElementById("lost");
  const source = new EventSource(live.dataset.events);
  source.addEventListener("progress", (event) => {
    const focused = document.activeElement && live.contains(document.activeElement);
    live.innerHTML = JSON.parse(event.data);
    lost.hidden = true;
    if (focused) { const button = live.querySelector("button"); if (button) button.focus(); }
  });
  source.addEventListener("end", (event) => {
    source.close();
    location.assign(JSON.parse(event.data));
  });
  source.onerror = () => { lost.textContent = live.dataset.lost; lost.hidden = false; };
})();
