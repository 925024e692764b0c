// Drawings that can be enlarged and moved: buttons, keys, the mouse, and two fingers. What is shown
// of a drawing is its viewBox; without the script all of it is.
const STEP = 1.4;
const MOST = 16;
const SLIP = 4; // pixels that a click may move and still follow its link

function button(label, name, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = label;
  made.title = name;
  made.setAttribute("aria-label", name);
  made.addEventListener("click", press);
  return made;
}

export function movable(region) {
  const svg = region.querySelector("svg.drawing");
  if (!svg || region.dataset.movable) return;
  region.dataset.movable = "yes";
  const whole = svg.getAttribute("viewBox").split(" ").map(Number);
  let [left, top, width, height] = whole;

  function show() {
    width = Math.min(whole[2], Math.max(whole[2] / MOST, width));
    height = (width * whole[3]) / whole[2];
    left = Math.min(whole[0] + whole[2] - width, Math.max(whole[0], left));
    top = Math.min(whole[1] + whole[3] - height, Math.max(whole[1], top));
    svg.setAttribute("viewBox", `${left} ${top} ${width} ${height}`);
    region.classList.toggle("enlarged", width < whole[2]);
  }

  function zoom(by, x, y) {
    const box = svg.getBoundingClientRect();
    const across = x === undefined ? 0.5 : (x - box.left) / box.width;
    const down = y === undefined ? 0.5 : (y - box.top) / box.height;
    const before = [width, height];
    width = Math.min(whole[2], Math.max(whole[2] / MOST, width / by));
    height = (width * whole[3]) / whole[2];
    left += (before[0] - width) * across;
    top += (before[1] - height) * down;
    show();
  }

  function move(x, y) {
    left += x * width;
    top += y * height;
    show();
  }

  function reset() {
    [left, top, width, height] = whole;
    show();
  }

  const bar = document.createElement("p");
  bar.className = "zoom";
  bar.append(
    button("+", "Enlarge", () => zoom(STEP)),
    button("−", "Reduce", () => zoom(1 / STEP)),
    button("Whole", "Show the whole drawing", reset),
  );
  region.before(bar);
  // What is drawn around a middle is looked at from there, where not all of it is to be seen.
  if (region.dataset.drawing !== "timeline") region.scrollLeft = (region.scrollWidth - region.clientWidth) / 2;

  const keys = {
    "+": () => zoom(STEP),
    "=": () => zoom(STEP),
    "-": () => zoom(1 / STEP),
    0: reset,
    ArrowLeft: () => move(-0.1, 0),
    ArrowRight: () => move(0.1, 0),
    ArrowUp: () => move(0, -0.1),
    ArrowDown: () => move(0, 0.1),
  };
  region.addEventListener("keydown", (event) => {
    const press = keys[event.key];
    if (!press || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.startsWith("Arrow") && width >= whole[2]) return; // the page scrolls
    event.preventDefault();
    press();
  });
  region.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(event.deltaY < 0 ? STEP : 1 / STEP, event.clientX, event.clientY);
    },
    { passive: false },
  );

  const down = new Map();
  let slid = 0;
  svg.addEventListener("pointerdown", (event) => {
    if (!down.size) slid = 0;
    down.set(event.pointerId, event);
  });
  svg.addEventListener("pointermove", (event) => {
    const last = down.get(event.pointerId);
    if (!last) return;
    const box = svg.getBoundingClientRect();
    const x = event.clientX - last.clientX;
    const y = event.clientY - last.clientY;
    const other = [...down.values()].find((one) => one.pointerId !== event.pointerId);
    if (other) {
      const far = (one) => Math.hypot(one.clientX - other.clientX, one.clientY - other.clientY);
      zoom((far(event) || 1) / (far(last) || 1), other.clientX, other.clientY);
    } else if (width < whole[2]) {
      move(-x / box.width, -y / box.height);
    }
    slid += Math.abs(x) + Math.abs(y);
    if (slid > SLIP && width < whole[2]) svg.setPointerCapture(event.pointerId);
    down.set(event.pointerId, event);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
    svg.addEventListener(end, (event) => down.delete(event.pointerId));
  }
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  svg.addEventListener(
    "click",
    (event) => {
      if (slid > SLIP && event.detail) event.preventDefault();
    },
    true,
  );
}
