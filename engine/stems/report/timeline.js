// Rows of lanes on one axis, drawn for the part that is in view.

const MARK_STEPS = [1, 2, 5, 10]; // in frames; longer ones are in seconds
const MARK_SECONDS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600];

function made(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

class Timeline {
  constructor(scroller, data, timecode) {
    this.scroller = scroller;
    this.rows = scroller.querySelector(".rows");
    this.begin = data.begin_seconds;
    this.length = Math.max(1e-3, data.end_seconds - data.begin_seconds);
    this.timecode = timecode;
    this.zoomed = 1;
    this.painters = [];
    this.playhead = made("div", { className: "playhead" });
    this.rows.append(this.playhead);
    this.asked = false;
    scroller.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.layout()).observe(scroller);
    matchMedia("(prefers-color-scheme: light)").addEventListener("change", () => this.draw());
  }

  // A row with its name and a lane; `paint(pen, view)` draws what is in view.
  addRow(kind, name, paint) {
    const head = made("div", { className: "name" }, made("span", { textContent: name, title: name }));
    const lane = made("div", { className: "lane" });
    const row = made("div", { className: `row ${kind}` }, head, lane);
    if (paint) {
      const canvas = made("canvas");
      canvas.setAttribute("aria-hidden", "true");
      lane.append(canvas);
      this.painters.push({ row, canvas, paint });
    }
    this.rows.append(row);
    return { row, head, lane };
  }

  headWidth() {
    return parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--head"));
  }

  layout() {
    this.head = this.headWidth();
    this.viewWidth = Math.max(50, this.scroller.clientWidth - this.head);
    this.width = this.viewWidth * this.zoomed;
    this.rows.style.width = `${this.head + this.width}px`;
    this.fillHeight();
    const cues = this.rows.querySelectorAll(".cue");
    cues[0]?.parentElement.classList.toggle("dense", cues.length * 12 > this.width);
    this.move(this.shownAt ?? 0);
    this.draw();
  }

  // Tracks are as tall as there is room for, within what is good to read.
  fillHeight() {
    const rows = [...this.rows.querySelectorAll(".row")];
    const waves = rows.filter((row) => row.matches(".track, .mix"));
    const others = rows.filter((row) => !row.matches(".track, .mix")).reduce((sum, row) => sum + row.offsetHeight, 0);
    const room = Math.floor((this.scroller.clientHeight - others) / Math.max(1, waves.length)) - 1;
    this.rows.style.setProperty("--wave-height", `${Math.min(84, Math.max(40, room))}px`);
  }

  xOf(seconds) {
    return ((seconds - this.begin) / this.length) * this.width;
  }

  percentOf(seconds) {
    return `${(100 * (seconds - this.begin)) / this.length}%`;
  }

  timeAt(clientX) {
    const x = clientX - this.scroller.getBoundingClientRect().left + this.scroller.scrollLeft - this.head;
    return this.begin + (x / this.width) * this.length;
  }

  // Zoom, and keep a moment where it is on the screen.
  zoom(factor, around) {
    const most = Math.max(1, (this.length * 2000) / this.viewWidth); // two pixels a millisecond
    const zoomed = Math.min(most, Math.max(1, factor));
    const at = this.xOf(around) - this.scroller.scrollLeft;
    this.zoomed = zoomed;
    this.layout();
    this.scroller.scrollLeft = this.xOf(around) - at;
  }

  move(seconds, follow = false) {
    this.shownAt = seconds;
    const x = this.xOf(seconds);
    this.playhead.style.transform = `translateX(${this.head + x}px)`;
    const from = this.scroller.scrollLeft;
    this.playhead.style.visibility = x < from - 0.5 ? "hidden" : "visible"; // under the names
    if (follow && (x < from || x > from + this.viewWidth)) this.scroller.scrollLeft = x - 0.1 * this.viewWidth;
  }

  draw() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.drawNow();
    });
  }

  drawNow() {
    if (this.viewWidth === undefined) return;
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const sharp = window.devicePixelRatio || 1;
    const left = this.scroller.scrollLeft;
    for (const { row, canvas, paint } of this.painters) {
      const height = row.clientHeight;
      const [w, h] = [Math.round(this.viewWidth * sharp), Math.round(height * sharp)];
      if (canvas.width !== w || canvas.height !== h) {
        Object.assign(canvas, { width: w, height: h });
        canvas.style.width = `${this.viewWidth}px`;
      }
      const pen = canvas.getContext("2d");
      pen.setTransform(sharp, 0, 0, sharp, 0, 0);
      pen.clearRect(0, 0, this.viewWidth, height);
      const secondsPerPixel = this.length / this.width;
      const from = this.begin + left * secondsPerPixel;
      paint(pen, {
        width: this.viewWidth,
        height,
        from,
        to: from + this.viewWidth * secondsPerPixel,
        secondsPerPixel,
        x: (seconds) => this.xOf(seconds) - left,
        colour,
      });
      canvas.dataset.drawn = "1";
    }
    this.move(this.shownAt ?? 0);
  }
}

// Step between labelled marks, in frame numbers, so that labels stand apart.
function markStep(timecode, secondsPerPixel, apart) {
  const least = apart * secondsPerPixel * timecode.rate;
  const steps = [
    ...MARK_STEPS.filter((frames) => frames < timecode.nominal),
    ...MARK_SECONDS.map((seconds) => seconds * timecode.nominal),
  ];
  return steps.find((step) => step >= least) ?? steps.at(-1);
}

function paintRuler(timecode) {
  return (pen, view) => {
    const step = markStep(timecode, view.secondsPerPixel, 110);
    pen.font = '10.5px ui-monospace, "SF Mono", "DejaVu Sans Mono", monospace';
    pen.textBaseline = "middle";
    const parts = [10, 5, 4, 2].find((n) => step % n === 0 && step / n >= 1) ?? 1;
    for (const { seconds, frame } of timecode.marks(view.from - 130 * view.secondsPerPixel, view.to, step / parts)) {
      const x = Math.round(view.x(seconds)) + 0.5;
      const labelled = (((timecode.numberOf(frame) % step) + step) % step) < (timecode.dropped || 1);
      pen.fillStyle = view.colour(labelled ? "dim" : "line");
      pen.fillRect(x - 0.5, labelled ? view.height - 10 : view.height - 5, 1, 10);
      if (labelled) pen.fillText(timecode.ofFrame(frame), x + 5, view.height / 2 - 1);
    }
  };
}

// Shots, and in them stills side by side; each cell shows the still of its shot nearest to its middle.
function paintFilm(stills, shots) {
  const starts = shots.length ? shots : [0];
  return (pen, view) => {
    paintStills(pen, view);
    paintShots(pen, view);
  };

  function paintShots(pen, view) {
    if (starts.length < 2) return;
    pen.font = "10px system-ui, sans-serif";
    pen.textBaseline = "top";
    const crowded = (starts.length * view.secondsPerPixel) / stills.end > 0.1; // less than ten pixels each
    starts.forEach((start, shot) => {
      const x = Math.round(view.x(start));
      const room = view.x(starts[shot + 1] ?? stills.end) - x;
      if (x + room < 0 || x > view.width) return;
      pen.fillStyle = view.colour("accent");
      pen.globalAlpha = crowded ? 0.5 : 1;
      pen.fillRect(x, 0, 1, view.height);
      pen.globalAlpha = 1;
      const label = String(shot + 1);
      const width = pen.measureText(label).width + 6;
      if (room < width + 4) return;
      pen.fillRect(x, 0, width, 12);
      pen.fillStyle = "#fff";
      pen.fillText(label, x + 3, 1.5);
    });
  }

  function paintStills(pen, view) {
    const ready = stills.filter((still) => still.image.complete && still.image.naturalWidth);
    if (!ready.length) return;
    const { naturalWidth, naturalHeight } = ready[0].image;
    const cell = Math.max(8, (view.height * naturalWidth) / naturalHeight);
    const spacing = cell * view.secondsPerPixel;
    starts.forEach((start, shot) => {
      const end = Math.min(starts[shot + 1] ?? stills.end, stills.end);
      if (end < view.from || start > view.to) return;
      const own = ready.filter(({ time_seconds }) => time_seconds >= start - 1e-3 && time_seconds < end - 1e-3);
      const some = own.length ? own : ready;
      for (let k = Math.max(0, Math.floor((view.from - start) / spacing)); start + k * spacing < Math.min(end, view.to); k++) {
        const from = start + k * spacing;
        const middle = Math.min(from + spacing / 2, (from + end) / 2);
        const distance = ({ time_seconds }) => Math.abs(time_seconds - middle);
        const nearest = some.reduce((best, still) => (distance(still) < distance(best) ? still : best));
        const shown = Math.min(cell, view.x(end) - view.x(from));
        pen.drawImage(nearest.image, 0, 0, Math.max(1, (naturalWidth * shown) / cell), naturalHeight, view.x(from), 0, Math.max(0.5, shown - 1), view.height);
      }
    });
  }
}

function paintMotion(values, rate) {
  return (pen, view) => {
    pen.fillStyle = view.colour("motion");
    for (let x = 0; x < view.width; x++) {
      const first = Math.max(0, Math.floor((view.from + x * view.secondsPerPixel) * rate));
      const last = Math.max(first + 1, Math.ceil((view.from + (x + 1) * view.secondsPerPixel) * rate));
      let highest = 0;
      for (let k = first; k < last && k < values.length; k++) highest = Math.max(highest, values[k]);
      const height = (highest / 255) * (view.height - 6);
      if (height) pen.fillRect(x, view.height - height, 1, height);
    }
  };
}

function paintWaves(soundsShown, scale, colourName, cues) {
  return (pen, view) => {
    const middle = view.height / 2;
    pen.fillStyle = view.colour("grid");
    const crowded = cues.filter((seconds) => seconds >= view.from && seconds <= view.to).length > view.width / 12;
    for (const seconds of crowded ? [] : cues) pen.fillRect(Math.round(view.x(seconds)), 0, 1, view.height);
    for (const sound of soundsShown()) {
      const end = sound.start_seconds + sound.length_seconds;
      if (end < view.from || sound.start_seconds > view.to) continue;
      const wave = view.colour(colourName);
      const [left, right] = [Math.max(0, view.x(sound.start_seconds)), Math.min(view.width, view.x(end))];
      pen.globalAlpha = 0.13;
      pen.fillStyle = wave;
      pen.fillRect(left, 2, Math.max(1, right - left), view.height - 4);
      pen.globalAlpha = 1;
      const columnsPerSecond = sound.columns / sound.length_seconds;
      for (let x = Math.floor(left); x < right; x++) {
        const from = view.from + x * view.secondsPerPixel - sound.start_seconds;
        const first = Math.max(0, Math.floor(from * columnsPerSecond));
        const last = Math.max(first + 1, Math.floor((from + view.secondsPerPixel) * columnsPerSecond));
        let [low, high] = [127, -127];
        for (let k = first; k < last && k < sound.columns; k++) {
          low = Math.min(low, sound.drawn[2 * k]);
          high = Math.max(high, sound.drawn[2 * k + 1]);
        }
        if (low > high || (low === 0 && high === 0)) continue;
        const top = middle - Math.min(1, (high / 127) * scale) * (middle - 3);
        const bottom = middle - Math.max(-1, (low / 127) * scale) * (middle - 3);
        pen.fillRect(x, Math.min(top, middle - 0.5), 1, Math.max(1, bottom - top));
      }
      const onset = view.x(sound.start_seconds + sound.onset_seconds);
      pen.fillStyle = view.colour("onset");
      pen.fillRect(Math.round(onset), 2, 1, 5);
    }
  };
}
