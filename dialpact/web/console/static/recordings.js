// The player of a recording: its waveform, ten seconds back and on, the speed, jumps. Without it there is the
// browser's own player. Keys are the player's alone, while it has the focus.
"use strict";
(() => {
  const nonce = document.currentScript.nonce;
  const player = document.getElementById("player");
  if (!player) return;
  const wave = document.getElementById("wave");
  const said = document.getElementById("wave-said");
  const controls = document.getElementById("controls");
  const speed = document.getElementById("speed");
  const sounds = [...player.querySelectorAll("audio")];
  let audio = sounds[0] || null;
  let drawing = null;
  let shown = null;

  const say = (words) => { said.textContent = words; said.hidden = !words; };

  const draw = () => {
    if (!shown) return;
    if (drawing) drawing.destroy();
    wave.replaceChildren();
    const colours = { callee: ["#8f8f8f", "#1f3a5f"], agent: ["#b9a48c", "#7a4a00"] };
    drawing = WaveSurfer.create({
      container: wave,
      cspNonce: nonce,
      height: 72,
      peaks: shown.levels,
      duration: shown.seconds,
      media: audio || undefined,
      interact: Boolean(audio),
      cursorWidth: audio ? 2 : 0,
      cursorColor: "#8f1414",
      splitChannels: shown.sides.map((side) => ({ waveColor: colours[side][0], progressColor: colours[side][1] })),
    });
  };

  const heard = (chosen) => {
    if (audio === chosen) return;
    if (audio) audio.pause();
    audio = chosen;
    audio.playbackRate = Number(speed.value);
    draw();
  };

  const skip = (seconds) => {
    if (!audio) return;
    const end = Number.isFinite(audio.duration) ? audio.duration : Infinity;
    audio.currentTime = Math.min(Math.max(audio.currentTime + seconds, 0), end);
  };

  const jump = (second) => {
    if (!audio) return;
    audio.currentTime = second;
    audio.play().catch(() => {});
  };

  const turn = (by) => {
    const at = Math.min(Math.max(speed.selectedIndex + by, 0), speed.options.length - 1);
    speed.selectedIndex = at;
    audio.playbackRate = Number(speed.value);
  };

  const play = () => { if (audio.paused) audio.play().catch(() => {}); else audio.pause(); };

  const next = () => {
    const places = [...player.querySelectorAll("[data-second]")].map((one) => Number(one.dataset.second));
    const found = places.find((second) => second > audio.currentTime + 0.5);
    if (found !== undefined) jump(found);
  };

  if (audio) {
    controls.hidden = false;
    const button = controls.querySelector("[data-play]");
    const named = () => {
      button.textContent = audio.paused ? button.dataset.playText : button.dataset.pauseText;
    };
    button.addEventListener("click", play);
    for (const one of controls.querySelectorAll("[data-skip]")) {
      one.addEventListener("click", () => skip(Number(one.dataset.skip)));
    }
    speed.addEventListener("change", () => { audio.playbackRate = Number(speed.value); });
    for (const one of player.querySelectorAll("[data-second]")) {
      one.addEventListener("click", () => jump(Number(one.dataset.second)));
    }
    for (const one of sounds) {
      one.addEventListener("play", () => { heard(one); named(); });
      one.addEventListener("pause", named);
      one.addEventListener("ended", named);
    }
    player.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target.closest("select, input, textarea")) return;
      const acts = {
        k: play, j: () => skip(-10), l: () => skip(10), ArrowLeft: () => skip(-10), ArrowRight: () => skip(10),
        ",": () => turn(-1), ".": () => turn(1), n: next,
      };
      const act = acts[event.key];
      if (act) {
        act();
        event.preventDefault();
      }
    }, true);
  }

  // A sound that does not come says so. (What failed before this script ran says it by its state.)
  for (const each of sounds) {
    const told = () => { document.getElementById("no-sound").hidden = false; };
    each.addEventListener("error", told);
    if (each.error) told();
  }

  said.hidden = false;
  fetch(wave.dataset.waveform, { headers: { Accept: "application/json" } })
    .then((answer) => (answer.ok ? answer.json() : { said: String(answer.status) }))
    .then((found) => {
      if (found.said) return say(wave.dataset.notDrawn.replace("…", found.said));
      if (!found.levels.length) return say(wave.dataset.noSides);
      shown = found;
      for (const one of document.querySelectorAll("#wave-key [data-side]")) {
        one.hidden = !found.sides.includes(one.dataset.side);
      }
      document.getElementById("wave-key").hidden = false;
      draw();
      return say("");
    })
    .catch((error) => say(wave.dataset.notDrawn.replace("…", error.message)));
})();
