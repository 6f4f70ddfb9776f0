// The first page goes on by itself: parts of it come as they change, made by the server. It says so when they do not.
"use strict";

(() => {
  const root = document.getElementById("now");
  const state = document.getElementById("now-state");
  const pause = document.getElementById("now-pause");
  const unknown = document.getElementById("now-unknown");
  const PARTS = ["duties", "figures", "calls", "standing"];
  const ROW = /<tr data-row="([\w-]+)"><\/tr>/g;  // a place in a frame
  const SILENT_MS = 9000;  // without a word the link is lost, whatever the browser thinks of it
  const AGAIN_MS = 5000;
  let at = root.dataset.at;  // when what is shown was so
  let source = null;
  let heard = 0;
  let paused = false;
  let over = false;  // nothing more comes, however long one waits
  const parts = {};  // by name: a frame, and the rows that go into it
  const waiting = new Set();  // those that came while somebody was in what they replace, or had it held
  let drawn = null;

  const said = (name) => root.dataset[name].replace("{at}", at);

  function tell(name) {
    const words = said(name);
    if (state.textContent !== words) state.textContent = words;
    document.getElementById("now-at").textContent = name === "live" ? said("asof") : "";
    root.classList.toggle("stale", name !== "live");
  }

  // Rows are kept by their ids, so that a reader's place, and a link that is being pressed, stay where they are.
  function replaceRows(old, fresh) {
    const known = new Map([...old.rows].filter((row) => row.id).map((row) => [row.id, row]));
    const wanted = [...fresh.rows].map((row) => {
      const own = row.id && known.get(row.id);
      return own && own.outerHTML === row.outerHTML ? own : row;
    });
    wanted.forEach((row, place) => {
      if (old.rows[place] !== row) old.insertBefore(row, old.rows[place] || null);
    });
    while (old.rows.length > wanted.length) old.rows[old.rows.length - 1].remove();
  }

  function replace(section, html) {
    const made = new DOMParser().parseFromString(`<section>${html}</section>`, "text/html").querySelector("section");
    const bodies = [...section.querySelectorAll("tbody")];
    const fresh = [...made.querySelectorAll("tbody")];
    const rest = (node) => {
      const copy = node.cloneNode(true);
      copy.querySelectorAll("tbody").forEach((body) => body.replaceChildren());
      return copy.innerHTML;
    };
    if (bodies.length && bodies.length === fresh.length && rest(section) === rest(made)) {
      bodies.forEach((body, place) => replaceRows(body, fresh[place]));
    } else {
      section.replaceChildren(...made.childNodes);
    }
  }

  function take(told) {
    for (const [name, part] of Object.entries(told)) {
      const own = parts[name] || (parts[name] = { frame: "", rows: {} });
      if (part.frame !== undefined) own.frame = part.frame;
      const rows = { ...own.rows, ...part.rows };
      own.rows = Object.fromEntries([...own.frame.matchAll(ROW)].map(([, id]) => [id, rows[id]]));
      waiting.add(name);
    }
  }

  const whole = (name) => parts[name].frame.replace(ROW, (_, id) => parts[name].rows[id]);

  function show() {
    if (paused) return;
    for (const name of PARTS) {
      const section = document.getElementById(`now-${name}`);
      if (!waiting.has(name) || (section.contains(document.activeElement) && section.matches(":focus-within"))) continue;
      replace(section, whole(name));
      waiting.delete(name);
    }
  }

  function draw(plot) {
    const box = document.getElementById("now-plot");
    const clock = new Intl.DateTimeFormat("en-GB", { timeZone: root.dataset.zone, hour: "2-digit", minute: "2-digit" });
    const data = [plot.at, plot.allowed, plot.blocked];
    if (drawn) {
      drawn.setData(data);
      return;
    }
    const size = () => ({ width: Math.max(box.clientWidth, 200), height: 180 });
    drawn = new uPlot({
      ...size(),
      ms: 1,
      cursor: { drag: { x: false, y: false } },
      legend: { live: false },
      scales: { y: { range: (_, low, high) => [0, Math.max(high, 4)] } },
      axes: [
        { values: (_, splits) => splits.map((each) => clock.format(new Date(each * 1000))), stroke: "#333", grid: { stroke: "#ddd", width: 1 } },
        { stroke: "#333", grid: { stroke: "#ddd", width: 1 }, size: 50, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] },
      ],
      series: [
        {},
        { label: root.dataset.allowed, stroke: "#1d6b38", width: 2, points: { show: false } },
        { label: root.dataset.blocked, stroke: "#8f1414", width: 2, dash: [6, 3], points: { show: false } },
      ],
    }, data, box);
    new ResizeObserver(() => drawn.setSize(size())).observe(box);
  }

  function look(event) {
    const told = JSON.parse(event.data);
    heard = Date.now();
    unknown.replaceChildren();
    take(told.parts);
    if (paused) {
      tell("paused");
      return;
    }
    at = told.at;
    show();
    draw(told.plot);
    tell("live");
  }

  function failed(event) {
    const told = JSON.parse(event.data);
    heard = Date.now();
    take(told.parts);
    show();
    const words = document.createElement("p");
    words.className = "alert";
    words.textContent = root.dataset.unknown.replace("{why}", told.why);
    unknown.replaceChildren(words);
    root.classList.add("stale");
  }

  function stop(name) {
    if (source) source.close();
    source = null;
    if (name) tell(name);
  }

  function start() {
    stop(at === root.dataset.at && !heard ? "waiting" : "");
    heard = Date.now();
    source = new EventSource(root.dataset.stream);
    source.addEventListener("look", look);
    source.addEventListener("unknown", failed);
    source.addEventListener("out", () => { over = true; stop("out"); });
    source.addEventListener("end", () => { stop(""); start(); });
    source.addEventListener("error", () => {
      if (over) return;
      tell("lost");
      if (source && source.readyState === EventSource.CLOSED) {  // the browser has given up; we have not
        stop("");
        setTimeout(() => { if (!over && !source && !document.hidden) start(); }, AGAIN_MS);
      }
    });
  }

  setInterval(() => {
    if (!over && !paused && source && Date.now() - heard > SILENT_MS) {
      tell("lost");
      start();
      tell("lost");
    }
  }, 1000);

  document.addEventListener("visibilitychange", () => {
    if (over) return;
    if (document.hidden) stop("hidden");  // a browser has few connections to one address
    else start();
  });
  addEventListener("pagehide", () => stop(""));
  root.addEventListener("focusout", () => setTimeout(show, 0));

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.textContent = paused ? root.dataset.on : root.dataset.pause;
    if (paused) tell("paused");
    else { stop(""); start(); }
  });

  if (!document.hidden) start();
})();
