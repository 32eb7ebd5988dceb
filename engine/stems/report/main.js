// Puts the page together and listens to people.

const data = JSON.parse(document.getElementById("data").textContent);
const timecode = new Timecode(data);
const timeline = new Timeline(find(".timeline"), data, timecode);

const takesOf = (track) => Math.max(...track.events.map((event) => event.takes.length));
const tracks = data.tracks.map((track) => ({ ...track, mute: false, solo: false, take: 1 }));
const takeShown = (track, event) => event.takes[Math.min(track.take, event.takes.length) - 1];
const shownOn = (track) => track.events.map((event) => takeShown(track, event));
const everySound = [...(data.mix ? [data.mix] : []), ...tracks.flatMap((t) => t.events.flatMap((e) => e.takes))];
for (const sound of everySound) sound.drawn = new Int8Array(bytesOf(sound.peaks).buffer);

let listening = data.mix ? "mix" : "stems";
function isHeard(track) {
  return tracks.some((one) => one.solo) ? track.solo : !track.mute;
}
function audibleNow() {
  if (listening === "mix") return [data.mix];
  return tracks.filter(isHeard).flatMap(shownOn);
}

const sounds = new Sounds(() => tellMissing(sounds, everySound));
const transport = new Transport(data, find("video"), sounds, audibleNow);

// Cues --------------------------------------------------------------------------------------------------------------

const KINDS = { impact: "Impact", step: "Step", swell: "Swell", movement: "Movement", cut: "Cut", onset: "Onset", mark: "Mark" };
const ORIGINS = { picture: "seen in the picture", guide: "heard in the guide track", marker: "marker", sheet: "cue sheet" };
const cues = data.cues
  .map((cue) => ({ ...cue, start: cue.start_samples / data.sample_rate_hz, length: cue.length_samples / data.sample_rate_hz }))
  .sort((one, other) => one.start - other.start);
let selected = null;

function sentence(cue) {
  return [
    timecode.at(cue.start),
    cue.label,
    cue.length ? `${cue.length.toFixed(2)} s long` : "",
    `strength ${cue.strength.toFixed(2)}`,
    `confidence ${cue.confidence.toFixed(2)}`,
    data.shots_seconds.length > 1 ? `shot ${cue.shot}` : "",
    cue.origin === "picture" ? `${Math.round(100 * cue.x)} % across, ${Math.round(100 * cue.y)} % down` : "",
    ORIGINS[cue.origin] + (cue.row ? `, row ${cue.row}` : ""),
    cue.track,
  ].filter(Boolean).join(" · ");
}

function select(cue, scroll = true) {
  for (const one of [selected, cue]) {
    const now = one === cue;
    one?.button.classList.toggle("selected", now);
    one?.listed.classList.toggle("near", now);
  }
  selected = cue;
  for (const one of cues) one.button.tabIndex = one === cue ? 0 : -1; // Tab goes to one cue, the arrows to the next
  tell(KINDS[cue.kind], sentence(cue));
  if (scroll) {
    const list = find(".cuelist");
    list.scrollTop += cue.listed.getBoundingClientRect().top - list.getBoundingClientRect().top - list.clientHeight / 2;
  }
  const place = find(".place");
  place.hidden = !data.picture || cue.origin !== "picture";
  Object.assign(place.style, { left: `${100 * cue.x}%`, top: `${100 * cue.y}%` });
}

function addCues(lane) {
  const meter = (value) => {
    const bar = made("i");
    bar.style.width = `${100 * value}%`;
    return made("td", { className: "num" }, made("span", { className: "meter" }, bar), value.toFixed(2));
  };
  for (const cue of cues) {
    cue.button = made("button", { className: "cue", tabIndex: -1 });
    cue.button.dataset.kind = cue.kind;
    cue.button.setAttribute("aria-label", `${KINDS[cue.kind]} ${sentence(cue)}`);
    cue.button.style.left = timeline.percentOf(cue.start);
    cue.button.style.setProperty("--strength", cue.strength);
    cue.button.style.setProperty("--confidence", cue.confidence);
    if (cue.length) {
      const span = made("div", { className: "cue-span" });
      span.dataset.kind = cue.kind;
      Object.assign(span.style, { left: timeline.percentOf(cue.start), width: `${(100 * cue.length) / timeline.length}%` });
      lane.append(span);
    }
    cue.button.addEventListener("mouseenter", () => select(cue));
    cue.button.addEventListener("focus", () => select(cue));
    cue.button.addEventListener("click", () => { deck.seek(cue.start); select(cue); });
    lane.append(cue.button);
    const kind = made("td", { className: "kind", textContent: KINDS[cue.kind] });
    kind.dataset.kind = cue.kind;
    cue.listed = made(
      "tr", {},
      made("td", { textContent: cue.id }), made("td", { className: "num", textContent: timecode.at(cue.start) }), kind,
      meter(cue.strength), meter(cue.confidence),
      made("td", { textContent: cue.label, title: cue.label }), made("td", { textContent: cue.track }),
    );
    cue.listed.addEventListener("click", () => { deck.seek(cue.start); select(cue, false); });
    cue.listed.addEventListener("mouseenter", () => select(cue, false));
    find(".cuelist tbody").append(cue.listed);
  }
  if (cues.length) cues[0].button.tabIndex = 0;
}

function neighbour(step) {
  const now = transport.now();
  const later = cues.filter((cue) => cue.start > now + 1e-4);
  const earlier = cues.filter((cue) => cue.start < now - 1e-4);
  return step > 0 ? later[0] : earlier.at(-1);
}

// Rows --------------------------------------------------------------------------------------------------------------

function addTrack(track, scale) {
  const starts = cues.map((cue) => cue.start);
  const { row, head, lane } = timeline.addRow("track", track.name, paintWaves(() => shownOn(track), scale, "wave", starts));
  const toggle = (name, letter, words) => {
    const button = made("button", { className: name, textContent: letter, title: words });
    button.setAttribute("aria-label", `${words} ${track.name}`);
    button.setAttribute("aria-pressed", "false");
    button.addEventListener("click", () => { track[name] = !track[name]; listenTo("stems"); });
    head.append(button);
    return button;
  };
  if (takesOf(track) > 1) {
    const choice = made("select", { title: "Take" });
    choice.setAttribute("aria-label", `Take of ${track.name}`);
    for (let k = 1; k <= takesOf(track); k++) choice.append(made("option", { value: k, textContent: k }));
    choice.addEventListener("change", () => { track.take = Number(choice.value); listenTo("stems"); });
    head.append(choice);
  }
  track.row = row;
  track.buttons = { mute: toggle("mute", "M", "Mute"), solo: toggle("solo", "S", "Solo") };
  lane.dataset.columns = track.events.flatMap((event) => event.takes).reduce((sum, take) => sum + take.drawn.length / 2, 0);
  lane.addEventListener("pointermove", (event) => describe(shownOn(track), track, event));
}

function describe(list, track, event) {
  const time = timeline.timeAt(event.clientX);
  const sound = list.find((one) => time >= one.start_seconds && time < one.start_seconds + one.length_seconds);
  if (!sound) return;
  const owner = track?.events.find((one) => one.takes.includes(sound));
  tell(owner ? owner.label : "Mix", [
    timecode.at(sound.start_seconds + sound.onset_seconds),
    owner && owner.takes.length > 1 ? `take ${sound.take} of ${owner.takes.length}` : "",
    sound.loudness_lufs === null ? "" : `${sound.loudness_lufs.toFixed(1)} LUFS`,
    `${sound.peak_dbtp.toFixed(1)} dBTP`,
    sound.commercial ? sound.licence : `${sound.licence}, no commercial use`,
    sound.name,
  ].filter(Boolean).join(" · "));
}

function listenTo(what) {
  listening = what === "mix" && data.mix ? "mix" : "stems";
  for (const button of document.querySelectorAll("[data-listen]")) {
    button.setAttribute("aria-pressed", String(button.dataset.listen === listening));
  }
  for (const track of tracks) {
    track.buttons.mute.setAttribute("aria-pressed", String(track.mute));
    track.buttons.solo.setAttribute("aria-pressed", String(track.solo));
    track.row.classList.toggle("silent", listening === "stems" && !isHeard(track));
  }
  if (transport.running) sounds.prepare(audibleNow());
  timeline.draw();
}

function addRows() {
  const stills = addPictureRows(timeline, data);
  if (cues.length) addCues(timeline.addRow("cues", "Cues", () => {}).lane);
  let loudest = 1;
  for (const sound of everySound) for (const value of sound.drawn) loudest = Math.max(loudest, Math.abs(value));
  const scale = 127 / loudest; // the same for all rows: what is drawn lower is softer
  for (const track of tracks) addTrack(track, scale);
  if (data.mix) {
    const { lane } = timeline.addRow("mix", "Mix", paintWaves(() => [data.mix], scale, "wave-mix", cues.map((cue) => cue.start)));
    lane.dataset.columns = data.mix.drawn.length / 2;
    lane.addEventListener("pointermove", (event) => describe([data.mix], null, event));
  }
  return stills;
}

// People ------------------------------------------------------------------------------------------------------------

function goToCue(direction) {
  const cue = neighbour(direction);
  if (!cue) return;
  deck.seek(cue.start);
  select(cue);
  if (document.activeElement?.classList.contains("cue")) cue.button.focus({ preventScroll: true });
}

const deck = new Deck({
  data,
  timecode,
  timeline,
  transport,
  stills: addRows(),
  keys: { ArrowUp: () => goToCue(-1), ArrowDown: () => goToCue(1) },
});
for (const button of document.querySelectorAll("[data-listen]")) {
  button.addEventListener("click", () => listenTo(button.dataset.listen));
}
find(".listen").hidden = !(data.mix && tracks.length);
find(".upper").hidden = find(".monitor").hidden && !cues.length;
if (!cues.length) find(".cuelist tbody").append(made("tr", { className: "none" }, made("td", { colSpan: 7, textContent: "No cues." })));
deck.open();

// For tests, and for the curious.
window.cuewright = { data, timecode, seek: (time) => deck.seek(time), state: () => deck.state() };
