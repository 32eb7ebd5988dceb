// Plays sounds where they lie, along a clock that somebody else keeps.
//
// A sound whose copy is in the page is scheduled on the sample and panned; another is played from its file beside the
// page, started ahead by as much as such files were late before, and nudged until it is in step.

const LOOK_AHEAD = 3; // seconds before its beginning that a file is opened
const DRIFT = 0.015; // seconds that scheduled sound may be off the picture before it is scheduled anew
const OPEN_FILES = 32; // a browser refuses more than some 70 of them
const SOON = 0.005; // seconds ahead that a sound is scheduled which should have begun already
const FADE = 0.003; // time constant, where a sound is begun or ended in its middle

const monoCentre = Math.SQRT1_2; // mono lies 3 dB lower in the centre, as in the mix
const gainOf = (sound) => sound.gain ?? 1; // a page may turn a sound down, never up

function bytesOf(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
  return bytes;
}

class BufferVoice {
  // `beginsAt`: the second of the context's clock at which the sound's first sample lies.
  constructor(context, buffer, sound, beginsAt) {
    this.sound = sound;
    this.beginsAt = beginsAt;
    this.context = context;
    this.source = new AudioBufferSourceNode(context, { buffer });
    const from = Math.max(beginsAt, context.currentTime + SOON);
    this.gain = new GainNode(context, { gain: from > beginsAt ? 0 : gainOf(sound) });
    if (from > beginsAt) this.gain.gain.setTargetAtTime(gainOf(sound), from, FADE);
    this.panner = new StereoPannerNode(context, { pan: sound.pan }); // equal power for mono, as in the mix
    this.source.connect(this.panner).connect(this.gain).connect(context.destination);
    this.source.start(from, from - beginsAt);
  }

  level() {
    this.gain.gain.setTargetAtTime(gainOf(this.sound), this.context.currentTime, FADE);
  }

  seconds(audible) {
    return this.sound.start_seconds + audible - this.beginsAt;
  }

  stop() {
    this.gain.gain.setTargetAtTime(0, this.context.currentTime + SOON, FADE);
    this.source.stop(this.context.currentTime + 0.03);
  }
}

class FileVoice {
  static leads = { start: 0.06, jump: 0.1 }; // seconds from being told to until it sounds; learned

  constructor(sound, failed) {
    this.sound = sound;
    this.element = new Audio();
    this.element.preload = "auto";
    this.element.preservesPitch = false;
    this.level();
    this.element.addEventListener("error", () => failed(sound));
    this.element.src = sound.url;
    this.began = null; // how it was last told to: "start" or "jump"
    this.jumps = 0;
  }

  level() {
    this.element.volume = gainOf(this.sound) * (this.sound.channels === 1 ? monoCentre : 1);
  }

  place(time) {
    this.element.currentTime = Math.max(0, time - this.sound.start_seconds);
  }

  begin(how, target) {
    if (how === "jump") this.element.currentTime = target + FileVoice.leads.jump;
    this.began = how;
    this.learned = false;
    this.toldAt = performance.now();
  }

  follow(time) {
    const { element } = this;
    const target = time - this.sound.start_seconds;
    if (!this.began) {
      if (target + FileVoice.leads.start < 0) return;
      this.begin(target < 0.005 ? "start" : "jump", target);
      element.play().catch(() => {});
    } else if (!element.paused && !element.seeking && performance.now() - this.toldAt > 200) {
      const error = element.currentTime - target;
      if (!this.learned) {
        FileVoice.leads[this.began] = Math.min(0.4, Math.max(0, FileVoice.leads[this.began] - error / 2));
        this.learned = true;
      }
      if (Math.abs(error) > 0.04 && this.jumps++ < 5) this.begin("jump", target);
      else element.playbackRate = Math.abs(error) < 0.004 ? 1 : 1 - Math.min(0.05, Math.max(-0.05, 2 * error));
    }
  }

  seconds() {
    return this.began ? this.sound.start_seconds + this.element.currentTime : -Infinity;
  }

  stop() {
    this.element.pause();
    this.element.removeAttribute("src");
    this.element.load(); // lets go of the file
  }
}

class Sounds {
  constructor(onFailed) {
    this.context = null;
    this.buffers = new Map();
    this.voices = new Map();
    this.failed = new Set();
    this.onFailed = (sound) => { this.failed.add(sound); onFailed(sound); };
    this.off = 0; // how often in a row the scheduled sound was off the clock
  }

  // Decode what is in the page. A browser lets sound begin only after people did something: call it from there.
  async prepare(list) {
    const coded = list.filter((sound) => sound.mp3 && !this.buffers.has(sound));
    if (!this.context && list.some((sound) => sound.mp3)) this.context = new AudioContext({ latencyHint: "playback" });
    await Promise.all(coded.map(async (sound) => {
      try {
        this.buffers.set(sound, await this.context.decodeAudioData(bytesOf(sound.mp3).buffer));
      } catch {
        sound.mp3 = ""; // a browser without MP3 still has the file
      }
    }));
    const aSecond = new Promise((go) => setTimeout(go, 1000)); // without a device it may never resume: play the picture
    await Promise.race([this.context?.resume(), aSecond]);
    for (let k = 0; k < 100 && this.context && !this.settled(); k++) await new Promise((go) => setTimeout(go, 10));
  }

  // What a context says of its output is not to be relied on in its first moments.
  settled() {
    return !this.context.getOutputTimestamp || this.context.getOutputTimestamp().contextTime > 0.05;
  }

  // The second of the context's clock that is being heard now.
  audible() {
    const { contextTime, performanceTime } = this.context.getOutputTimestamp?.() ?? {};
    if (performanceTime) return contextTime + (performance.now() - performanceTime) / 1000;
    return this.context.currentTime - (this.context.outputLatency || this.context.baseLatency || 0);
  }

  // Make what sounds be exactly `list`, at `time`.
  follow(list, time) {
    const wanted = new Set(list.filter((sound) => this.within(sound, time)));
    const running = this.scheduled(); // what joins or replaces it lies on its clock, to the sample
    for (const [sound, voice] of this.voices) {
      if (!wanted.has(sound)) this.end(sound, voice);
    }
    const audible = this.context ? this.audible() : 0;
    const drifted = this.drifted(running, audible, time);
    if (drifted) this.stop();
    const zero = running && !drifted ? running.beginsAt - running.sound.start_seconds : audible - time;
    for (const sound of wanted) {
      if (this.voices.has(sound) || this.failed.has(sound)) continue;
      const buffer = this.buffers.get(sound);
      if (buffer) {
        this.voices.set(sound, new BufferVoice(this.context, buffer, sound, zero + sound.start_seconds));
      } else if (!sound.mp3 && this.voices.size < OPEN_FILES) {
        this.voices.set(sound, new FileVoice(sound, this.onFailed));
      }
    }
    for (const voice of this.voices.values()) {
      if (voice instanceof FileVoice) voice.follow(time);
    }
  }

  within(sound, time) {
    const ahead = this.buffers.has(sound) ? Infinity : LOOK_AHEAD;
    return time > sound.start_seconds - ahead && time < sound.start_seconds + sound.length_seconds;
  }

  scheduled() {
    return [...this.voices.values()].find((one) => one instanceof BufferVoice);
  }

  // Have all that plays be as loud as it is to be now.
  level() {
    for (const voice of this.voices.values()) voice.level();
  }

  // Once may be a clock that was read at an unlucky moment; five times in a row is not.
  drifted(voice, audible, time) {
    this.off = voice && Math.abs(voice.seconds(audible) - time) > DRIFT ? this.off + 1 : 0;
    return this.off >= 5;
  }

  // While nothing plays: have the files stand at `time`, so that they begin sooner.
  place(list, time) {
    this.stop();
    for (const sound of list) {
      if (sound.mp3 || this.failed.has(sound) || !this.within(sound, time) || this.voices.size >= OPEN_FILES) continue;
      const voice = new FileVoice(sound, this.onFailed);
      voice.place(time);
      this.voices.set(sound, voice);
    }
  }

  end(sound, voice) {
    voice.stop();
    this.voices.delete(sound);
  }

  stop() {
    this.off = 0;
    for (const [sound, voice] of this.voices) this.end(sound, voice);
  }

  // Where every sound is that has begun, for whoever wants to know whether it is in step.
  positions() {
    const audible = this.context ? this.audible() : 0;
    return [...this.voices]
      .map(([sound, voice]) => ({ name: sound.name, seconds: voice.seconds(audible), begins: sound.start_seconds }))
      .filter(({ seconds, begins }) => seconds >= begins);
  }
}
