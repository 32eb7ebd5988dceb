// The built-in sounds: each is decoded when its card comes into view, drawn from what was decoded, and played.

const data = JSON.parse(document.getElementById("data").textContent);
const FRAME = 1024; // samples of a spectrum
const LEAST_HOP = 64; // samples from one to the next: a column of the picture each, where the sound is short
const FLOOR_DB = -84; // under the loudest: black
const LOWEST_HZ = 40;
const context = new AudioContext();

const find = (selector, from = document) => from.querySelector(selector);
const cards = [...document.querySelectorAll(".sound")];
const sounds = new Map(data.sounds.map((sound) => [sound.name, sound]));
let drawn = 0;
let playing = null; // { card, source, began, seconds }

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
  return bytes;
}

const takeOf = (card) => sounds.get(card.dataset.name).takes[Number(card.dataset.take ?? 0)];

async function decoded(take) {
  take.buffer ??= await context.decodeAudioData(bytesOf(take.bytes).buffer);
  return take.buffer;
}

// Pictures ----------------------------------------------------------------------------------------------------------

// In place, of 2^k values: the transform of Cooley and Tukey.
function transform(real, imaginary) {
  const n = real.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) [real[i], real[j], imaginary[i], imaginary[j]] = [real[j], real[i], imaginary[j], imaginary[i]];
  }
  for (let size = 2; size <= n; size *= 2) {
    const angle = (-2 * Math.PI) / size;
    const [stepReal, stepImaginary] = [Math.cos(angle), Math.sin(angle)];
    for (let start = 0; start < n; start += size) {
      let [turnReal, turnImaginary] = [1, 0];
      for (let k = start; k < start + size / 2; k++) {
        const m = k + size / 2;
        const [x, y] = [real[m] * turnReal - imaginary[m] * turnImaginary, real[m] * turnImaginary + imaginary[m] * turnReal];
        [real[m], imaginary[m]] = [real[k] - x, imaginary[k] - y];
        real[k] += x;
        imaginary[k] += y;
        [turnReal, turnImaginary] = [turnReal * stepReal - turnImaginary * stepImaginary, turnReal * stepImaginary + turnImaginary * stepReal];
      }
    }
  }
}

const COLOURS = [[8, 9, 11], [38, 30, 66], [110, 37, 92], [196, 62, 62], [242, 148, 60], [252, 236, 170]];

function colourOf(share) {
  const place = Math.min(0.9999, Math.max(0, share)) * (COLOURS.length - 1);
  const [low, high, part] = [COLOURS[Math.floor(place)], COLOURS[Math.floor(place) + 1], place % 1];
  return low.map((value, k) => value + part * (high[k] - value));
}
const PALETTE = Array.from({ length: 256 }, (_, k) => colourOf(k / 255));

// Decibels of every frame and bin, under the loudest.
function spectra(buffer, columns) {
  const samples = buffer.getChannelData(0);
  const hop = Math.min(FRAME / 2, Math.max(LEAST_HOP, Math.floor(samples.length / columns)));
  const frames = Math.max(1, Math.ceil(samples.length / hop));
  const window = Float64Array.from({ length: FRAME }, (_, k) => 0.5 - 0.5 * Math.cos((2 * Math.PI * k) / FRAME));
  const levels = Array.from({ length: frames }, (_, frame) => {
    const real = new Float64Array(FRAME);
    const imaginary = new Float64Array(FRAME);
    const start = frame * hop - FRAME / 2;
    for (let k = 0; k < FRAME; k++) real[k] = (samples[start + k] ?? 0) * window[k];
    transform(real, imaginary);
    return Float32Array.from({ length: FRAME / 2 }, (_, k) => 10 * Math.log10(real[k] ** 2 + imaginary[k] ** 2 + 1e-20));
  });
  let loudest = -200;
  for (const frame of levels) for (const level of frame) loudest = Math.max(loudest, level);
  return levels.map((frame) => frame.map((level) => level - loudest));
}

async function draw(card) {
  const take = takeOf(card);
  const buffer = await decoded(take);
  if (take !== takeOf(card)) return;
  take.picture ??= paint(buffer, card);
  show(card);
  card.dataset.drawn = "1";
  drawn = cards.filter((one) => one.dataset.drawn).length;
}

function paint(buffer, card) {
  const view = find(".view", card).getBoundingClientRect();
  const [width, height] = [Math.max(64, Math.round(view.width)), Math.max(48, Math.round(view.height))];
  const [levels, rate] = [spectra(buffer, width), buffer.sampleRate];
  const image = new ImageData(width, height);
  const octaves = Math.log2(rate / 2 / LOWEST_HZ);
  for (let y = 0; y < height; y++) {
    const from = (LOWEST_HZ * 2 ** (octaves * (1 - (y + 1) / height)) * FRAME) / rate;
    const to = Math.max(from + 1, (LOWEST_HZ * 2 ** (octaves * (1 - y / height)) * FRAME) / rate);
    for (let x = 0; x < width; x++) {
      const first = Math.floor((x * levels.length) / width);
      const last = Math.max(first + 1, Math.floor(((x + 1) * levels.length) / width));
      let level = FLOOR_DB;
      for (let frame = first; frame < last; frame++) {
        for (let bin = Math.floor(from); bin < to && bin < FRAME / 2; bin++) level = Math.max(level, levels[frame][bin]);
      }
      const colour = PALETTE[Math.round(255 * (1 - level / FLOOR_DB))];
      image.data.set([...colour, 255], 4 * (y * width + x));
    }
  }
  return image;
}

function show(card, part = null) {
  const picture = takeOf(card).picture;
  if (!picture) return;
  const canvas = find("canvas", card);
  [canvas.width, canvas.height] = [picture.width, picture.height];
  const pen = canvas.getContext("2d");
  pen.putImageData(picture, 0, 0);
  if (part === null) return;
  pen.fillStyle = "#fff";
  pen.fillRect(Math.round(part * picture.width), 0, 1, picture.height);
}

const seen = new IntersectionObserver((entries) => {
  for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
}, { rootMargin: "200px" });
cards.forEach((card) => seen.observe(card));

// Sound -------------------------------------------------------------------------------------------------------------

function stop() {
  if (!playing) return;
  const { card, source } = playing;
  playing = null;
  source.stop();
  show(card);
}

async function play(card) {
  stop();
  await context.resume();
  const buffer = await decoded(takeOf(card));
  const source = new AudioBufferSourceNode(context, { buffer });
  source.connect(context.destination);
  source.start();
  playing = { card, source, began: context.currentTime, seconds: buffer.duration };
  source.addEventListener("ended", () => playing?.source === source && stop());
  requestAnimationFrame(follow);
}

function follow() {
  if (!playing) return;
  show(playing.card, (context.currentTime - playing.began) / playing.seconds);
  requestAnimationFrame(follow);
}

async function choose(card, number) {
  const buttons = [...card.querySelectorAll(".take")];
  if (!buttons[number]) return;
  card.dataset.take = String(number);
  buttons.forEach((button, k) => button.setAttribute("aria-pressed", String(k === number)));
  await draw(card);
  await play(card);
}

for (const card of cards) {
  find(".view", card).addEventListener("click", () => (playing?.card === card ? stop() : play(card)));
  card.querySelectorAll(".take").forEach((button, k) => button.addEventListener("click", () => choose(card, k)));
  card.addEventListener("keydown", (event) => {
    if (event.key >= "1" && event.key <= "9" && !event.ctrlKey && !event.metaKey) choose(card, Number(event.key) - 1);
  });
}

// Search ------------------------------------------------------------------------------------------------------------

const field = find(".find");

function search() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const card of cards) card.hidden = !words.every((word) => card.dataset.words.includes(word));
  const shown = cards.filter((card) => !card.hidden).length;
  find(".shown").textContent = words.length ? `${shown} of ${cards.length}` : "";
}
field.addEventListener("input", search);
addEventListener("keydown", (event) => {
  if (event.key === "/" && document.activeElement !== field) {
    event.preventDefault();
    field.focus();
  }
});

window.cuewright = {
  state: () => ({
    drawn,
    shown: cards.filter((card) => !card.hidden).length,
    playing: playing && { name: playing.card.dataset.name, take: Number(playing.card.dataset.take ?? 0) },
    plays: true,
  }),
};
