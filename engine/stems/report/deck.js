// What people do on any page: play, seek, step, zoom; and the monitor that shows where the clock is.

const find = (selector) => document.querySelector(selector);

function tell(title, text) {
  find(".detail").replaceChildren(made("b", { textContent: title }), ` ${text}`);
}

function tellMissing(sounds, all) {
  const missing = find(".missing");
  missing.hidden = false;
  missing.textContent =
    `${sounds.failed.size} of ${all.length} sounds cannot be played: ` +
    "they are not in the page, and their files are not where the page looks for them.";
}

// The rows above all sound. Returns the stills.
function addPictureRows(timeline, data) {
  timeline.addRow("ruler", data.frames.name + " fps", paintRuler(timeline.timecode));
  const stills = data.stills.map((still) => ({
    ...still,
    image: made("img", { onload: () => timeline.draw(), src: `data:image/jpeg;base64,${still.jpeg}` }),
  }));
  stills.end = data.picture?.length_seconds ?? timeline.begin + timeline.length;
  if (stills.length || data.shots_seconds.length > 1) {
    timeline.addRow("film", "Picture", paintFilm(stills, data.shots_seconds));
  }
  if (data.motion) timeline.addRow("motion", "Motion", paintMotion(bytesOf(data.motion), data.motion_rate_hz));
  return stills;
}

class Deck {
  // `keys`: what other keys do, by their names.
  constructor({ data, timecode, timeline, transport, stills, keys }) {
    Object.assign(this, { data, timecode, timeline, transport, stills, video: transport.video });
    this.keys = {
      " ": () => this.toggle(),
      ArrowLeft: (event) => this.step(event.shiftKey ? -timecode.nominal : -1),
      ArrowRight: (event) => this.step(event.shiftKey ? timecode.nominal : 1),
      Home: () => this.seek(0),
      End: () => this.seek(transport.end),
      "+": () => this.zoom("in"),
      "=": () => this.zoom("in"),
      "-": () => this.zoom("out"),
      0: () => this.zoom("fit"),
      ...keys,
    };
    this.setUpMonitor();
    this.listenToKeys();
    this.listenToPointer();
    this.listenToButtons();
  }

  // Show the page, at the second that its address names: "#t=12.5", for a link in a mail and for pictures of the page.
  open() {
    find("main").hidden = false;
    this.timeline.layout();
    this.openAtFragment();
    window.addEventListener("hashchange", () => this.openAtFragment());
    this.refresh();
    this.everyFrame();
  }

  openAtFragment() {
    const asked = Number(new URLSearchParams(location.hash.slice(1)).get("t"));
    if (asked) this.seek(asked);
  }

  toggle() {
    if (this.transport.running) this.transport.pause();
    else this.transport.play();
    this.refresh();
  }

  seek(time) {
    this.transport.seek(time);
    this.timeline.move(this.transport.at, true);
    this.refresh();
  }

  step(frames) {
    this.seek(this.timecode.secondsOf(this.timecode.frameAt(this.transport.now()) + frames));
  }

  zoom(what) {
    const factor = { in: this.timeline.zoomed * 2, out: this.timeline.zoomed / 2, fit: 1 }[what];
    this.timeline.zoom(factor, this.transport.now());
  }

  setUpMonitor() {
    const { data, stills, video } = this;
    const monitor = find(".monitor");
    monitor.hidden = !data.picture && !stills.length;
    const shape = (width, height) => { monitor.style.aspectRatio = `${width} / ${height}`; };
    stills[0]?.image.addEventListener("load", ({ target }) => shape(target.naturalWidth, target.naturalHeight));
    video.addEventListener("loadedmetadata", () => { if (video.videoWidth) shape(video.videoWidth, video.videoHeight); });
    video.addEventListener("error", () => {
      video.hidden = find(".guide").hidden = true;
      const words = find(".unplayable");
      words.hidden = false;
      words.textContent =
        `${data.picture.name} does not play here: its file is not where this page looks for it, or this browser does not ` +
        `know its format.${stills.length ? " The filmstrip moves instead." : ""}`;
    });
  }

  refresh() {
    const { transport, stills } = this;
    const time = transport.now();
    this.timeline.move(time, transport.running);
    const text = this.timecode.at(time);
    const shown = find(".timecode");
    if (shown.textContent !== text) shown.textContent = text;
    const still = stills.findLast((one) => one.time_seconds <= time + 1e-3) ?? stills[0];
    const monitor = find(".still");
    if (still && monitor.src !== still.image.src) monitor.src = still.image.src;
    const play = find(".play");
    if (play.getAttribute("aria-pressed") !== String(transport.running)) {
      play.setAttribute("aria-pressed", String(transport.running));
      play.setAttribute("aria-label", transport.running ? "Pause" : "Play");
    }
  }

  everyFrame() {
    this.transport.tick();
    if (this.transport.running) this.refresh();
    requestAnimationFrame(() => this.everyFrame());
  }

  listenToKeys() {
    document.addEventListener("keydown", (event) => {
      const { target } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || target.matches("select, input")) return;
      const ownSpace = target.matches("button:not(.cue), summary"); // a button that has the focus is what space presses
      const act = this.keys[event.key];
      if (!act || (event.key === " " && ownSpace)) return;
      event.preventDefault();
      act(event);
    });
    // A press with the mouse leaves the focus where it is, so that space goes on to mean play.
    document.addEventListener("mousedown", (event) => {
      if (event.target.closest("button")) event.preventDefault();
    });
  }

  listenToPointer() {
    const { timeline } = this;
    const area = timeline.scroller;
    area.addEventListener("pointerdown", (event) => {
      const lane = event.target.closest(".lane");
      if (!lane || event.button || event.target.closest(".cue")) return;
      event.preventDefault();
      area.focus({ preventScroll: true });
      lane.setPointerCapture(event.pointerId);
      const follow = (moved) => this.seek(timeline.timeAt(moved.clientX));
      follow(event);
      lane.addEventListener("pointermove", follow);
      for (const end of ["pointerup", "pointercancel"]) {
        lane.addEventListener(end, () => lane.removeEventListener("pointermove", follow), { once: true });
      }
    });
    area.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      timeline.zoom(timeline.zoomed * Math.exp(-event.deltaY / 300), timeline.timeAt(event.clientX));
    }, { passive: false });
  }

  listenToButtons() {
    find(".play").addEventListener("click", () => this.toggle());
    find(".start").addEventListener("click", () => this.seek(0));
    for (const button of document.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => this.zoom(button.dataset.zoom));
    }
    const guide = find(".guide");
    guide.hidden = !this.data.picture;
    guide.addEventListener("click", () => {
      this.video.muted = !this.video.muted;
      guide.setAttribute("aria-pressed", String(!this.video.muted));
    });
  }

  // For tests, and for the curious.
  state() {
    const { transport, timeline } = this;
    return {
      running: transport.running,
      waiting: transport.waiting,
      time: transport.now(),
      plays: transport.plays,
      picture: transport.plays ? transport.pictureTime() : null,
      sounds: transport.sounds.positions(),
      audible: transport.audibleNow().map((sound) => sound.name),
      failed: [...transport.sounds.failed].map((sound) => sound.name),
      drawn: timeline.painters.filter(({ canvas }) => canvas.dataset.drawn).length,
    };
  }
}
