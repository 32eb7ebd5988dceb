// The page of an align job: one version at a time under the picture, all of them under each other to look at.

const data = JSON.parse(document.getElementById("data").textContent);
const timecode = new Timecode(data);
const timeline = new Timeline(find(".timeline"), data, timecode);
const ON_SECONDS = 0.045; // sooner or later than the picture by less, sound passes for simultaneous (ITU-R BT.1359)
const NEAR_SECONDS = 0.6; // further off, an onset belongs to no moment
const STRIP = 16; // pixels above a waveform, for its onsets

const versions = data.versions;
const moments = data.moments;
for (const version of versions) {
  version.drawn = new Int8Array(bytesOf(version.peaks).buffer);
  for (const onset of version.onsets) {
    const away = (moment) => Math.abs(moment.time_seconds - onset.time_seconds);
    const nearest = moments.length ? moments.reduce((best, one) => (away(one) < away(best) ? one : best)) : null;
    onset.late = nearest && away(nearest) <= NEAR_SECONDS ? onset.time_seconds - nearest.time_seconds : null;
    onset.on = onset.late !== null && Math.abs(onset.late) <= ON_SECONDS;
  }
}
const told = (version) =>
  moments.length && version.onsets.length
    ? `${version.onsets.filter((onset) => onset.on).length} of ${version.onsets.length} in time`
    : `${version.onsets.length} onsets`;

let order = versions; // as the keys count them
let blind = false;
let heard = versions.find((version) => version.won) ?? versions[0];
const nameOf = (version) => (blind ? String.fromCharCode(65 + order.indexOf(version)) : version.label);

const sounds = new Sounds(() => tellMissing(sounds, versions));
const transport = new Transport(data, find("video"), sounds, () => [heard], () => versions);

// Versions ----------------------------------------------------------------------------------------------------------

function hear(version) {
  heard = version;
  for (const button of document.querySelectorAll("[data-version]")) {
    button.setAttribute("aria-pressed", String(button.dataset.version === String(order.indexOf(version))));
  }
  for (const one of document.querySelectorAll("tbody[data-number], .row.version, .choose")) {
    const same = one.dataset.number === String(version.number);
    one.classList.toggle("heard", same);
    if (one.matches(".choose")) one.setAttribute("aria-pressed", String(same));
  }
  if (blind) tell(nameOf(version), "");
  else tell(version.label, [told(version), loudness(version), version.name].filter(Boolean).join(" · "));
}

const loudness = ({ loudness_lufs, peak_dbtp }) =>
  loudness_lufs === null ? "" : `${loudness_lufs.toFixed(1)} LUFS · ${peak_dbtp.toFixed(1)} dBTP`;

function addButtons() {
  find(".listen").replaceChildren(...order.map((version, place) => {
    const key = place < 9 ? [made("kbd", { textContent: place + 1 })] : [];
    const button = made("button", { className: version.won && !blind ? "star" : "" }, ...key, nameOf(version));
    button.dataset.version = place;
    button.addEventListener("click", () => hear(version));
    return button;
  }));
  hear(heard);
}

function setBlind(on) {
  blind = on;
  const before = order;
  order = on ? shuffled(versions) : versions;
  find(".blind").setAttribute("aria-pressed", String(on));
  document.body.classList.toggle("blinded", on);
  find(".hush").hidden = !on;
  if (on) heard = order[0]; // whatever was heard by name tells nothing
  addButtons();
  timeline.layout();
  if (!on) tell("They were", before.map((version, place) => `${String.fromCharCode(65 + place)} ${version.label}`).join(" · "));
}

function shuffled(list) {
  const mixed = [...list];
  for (let k = mixed.length - 1; k > 0; k--) {
    const other = Math.floor(Math.random() * (k + 1));
    [mixed[k], mixed[other]] = [mixed[other], mixed[k]];
  }
  return mixed;
}

// Down to the softest, as the page may turn nothing up.
function setEqual(on) {
  find(".equal").setAttribute("aria-pressed", String(on));
  const levels = versions.map((version) => version.loudness_lufs).filter((level) => level !== null);
  for (const version of versions) {
    version.gain = on && version.loudness_lufs !== null ? 10 ** ((Math.min(...levels) - version.loudness_lufs) / 20) : 1;
  }
  sounds.level();
}

const pressed = (selector) => find(selector).getAttribute("aria-pressed") === "true";
const toggleBlind = () => setBlind(!pressed(".blind"));
const toggleEqual = () => setEqual(!pressed(".equal"));

// Rows --------------------------------------------------------------------------------------------------------------

const late = (seconds) => {
  const ms = Math.round(1000 * seconds);
  return ms ? `${Math.abs(ms)} ms ${ms > 0 ? "late" : "early"}` : "on the picture";
};

function addMoments() {
  const { lane } = timeline.addRow("seen", "Seen", () => {});
  for (const moment of moments) {
    const button = made("button", { className: "cue", tabIndex: -1 });
    button.dataset.kind = "movement";
    const words =
      `${timecode.at(moment.time_seconds)} · strength ${moment.strength.toFixed(2)} · confidence ${moment.confidence.toFixed(2)}`;
    button.setAttribute("aria-label", `Seen ${words}`);
    button.style.left = timeline.percentOf(moment.time_seconds);
    button.style.setProperty("--strength", moment.strength);
    button.style.setProperty("--confidence", moment.confidence);
    for (const what of ["mouseenter", "focus"]) button.addEventListener(what, () => tell("Seen", words));
    button.addEventListener("click", () => deck.seek(moment.time_seconds));
    lane.append(button);
  }
}

function addVersion(version, scale) {
  const waves = paintWaves(() => [version], scale, version.won ? "wave" : "wave-mix", []);
  const { row, head, lane } = timeline.addRow("version", version.label, (pen, view) => {
    paintMoments(pen, view);
    pen.save();
    pen.translate(0, STRIP);
    waves(pen, { ...view, height: view.height - STRIP });
    pen.restore();
    paintOnsets(pen, view, version.onsets);
  });
  row.dataset.number = version.number;
  head.firstChild.className = "title";
  head.append(made("small", { textContent: told(version) }), made("small", { textContent: loudness(version).split(" · ")[0] }));
  head.addEventListener("click", () => hear(version));
  lane.addEventListener("pointermove", (event) => {
    const time = timeline.timeAt(event.clientX);
    const away = (onset) => Math.abs(onset.time_seconds - time);
    if (!version.onsets.length) return;
    const onset = version.onsets.reduce((best, one) => (away(one) < away(best) ? one : best));
    const place = onset.late === null ? "nothing is seen near it" : late(onset.late);
    tell(version.label, `onset ${timecode.at(onset.time_seconds)} · ${place} · strength ${onset.strength.toFixed(2)}`);
  });
}

function paintMoments(pen, view) {
  pen.fillStyle = view.colour("seen");
  const shown = moments.filter(({ time_seconds }) => time_seconds >= view.from && time_seconds <= view.to);
  pen.globalAlpha = shown.length > view.width / 8 ? 0.15 : 0.6;
  for (const { time_seconds } of shown) pen.fillRect(Math.round(view.x(time_seconds)), 0, 1, view.height);
  pen.globalAlpha = 1;
}

// A wedge that points at where it begins; from one that is off, a line to the moment it may belong to.
function paintOnsets(pen, view, onsets) {
  for (const { time_seconds, strength, on, late } of onsets) {
    const x = view.x(time_seconds);
    pen.fillStyle = view.colour(on ? "on" : "off");
    const height = 5 + (STRIP - 7) * strength;
    if (late !== null && !on) {
      const seen = view.x(time_seconds - late);
      pen.fillRect(Math.min(x, seen), STRIP - 4, Math.abs(x - seen), 2);
    }
    pen.beginPath();
    pen.moveTo(x - 4, STRIP - height);
    pen.lineTo(x + 4, STRIP - height);
    pen.lineTo(x, STRIP);
    pen.fill();
    pen.fillRect(x - 0.5, STRIP, 1, view.height - STRIP);
  }
}

function addRows() {
  const stills = addPictureRows(timeline, data);
  addMoments();
  let loudest = 1;
  for (const version of versions) for (const value of version.drawn) loudest = Math.max(loudest, Math.abs(value));
  for (const version of versions) addVersion(version, 127 / loudest);
  return stills;
}

// People ------------------------------------------------------------------------------------------------------------

function goToMoment(direction) {
  const now = transport.now();
  const times = moments.map((moment) => moment.time_seconds);
  const time = direction > 0 ? times.find((one) => one > now + 1e-4) : times.findLast((one) => one < now - 1e-4);
  if (time !== undefined) deck.seek(time);
}

const choices = Object.fromEntries([1, 2, 3, 4, 5, 6, 7, 8, 9].map((key) => [key, () => order[key - 1] && hear(order[key - 1])]));
const deck = new Deck({
  data,
  timecode,
  timeline,
  transport,
  stills: addRows(),
  keys: {
    ...choices,
    ArrowUp: () => goToMoment(-1),
    ArrowDown: () => goToMoment(1),
    b: toggleBlind,
    l: toggleEqual,
  },
});
for (const button of document.querySelectorAll(".choose")) {
  const version = versions.find((one) => String(one.number) === button.dataset.number);
  if (!version) continue;
  button.textContent = versions.indexOf(version) + 1;
  button.setAttribute("aria-label", `Hear ${version.label}`);
  button.addEventListener("click", () => hear(version));
}
find(".blind").addEventListener("click", toggleBlind);
find(".equal").addEventListener("click", toggleEqual);
find(".listen").hidden = find(".blind").hidden = find(".equal").hidden = versions.length < 2;
addButtons();
deck.open();

window.cuewright = { data, timecode, seek: (time) => deck.seek(time), state: () => ({ ...deck.state(), blind }) };
