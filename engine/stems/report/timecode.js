// Timecode of a moment on the page, exactly as the engine counts it (SMPTE ST 12-1).

class Timecode {
  constructor({ frames, sample_rate_hz, midnight_samples }) {
    this.rate = frames.numerator / frames.denominator;
    this.numerator = frames.numerator;
    this.denominator = frames.denominator;
    this.nominal = Math.ceil(this.rate - 1e-9);
    this.dropped = frames.drop ? this.nominal / 15 : 0;
    this.separator = frames.drop ? ";" : ":";
    this.sampleRate = sample_rate_hz;
    this.midnight = midnight_samples;
  }

  // The frame that shows at a moment: cues lie on whole samples, up to half a sample off their frame.
  frameAt(seconds) {
    const samples = this.midnight + Math.round(seconds * this.sampleRate) + 0.5;
    return Math.floor((samples * this.numerator) / (this.denominator * this.sampleRate));
  }

  secondsOf(frame) {
    return (frame * this.denominator) / this.numerator - this.midnight / this.sampleRate;
  }

  // Frame number as counted -> as numbered: drop-frame leaves numbers out.
  numberOf(frame) {
    const tenMinutes = 600 * this.nominal - 9 * this.dropped;
    const minute = 60 * this.nominal - this.dropped;
    const tens = Math.floor(frame / tenMinutes);
    const rest = frame - tens * tenMinutes;
    const minutes = rest < 60 * this.nominal ? 0 : 1 + Math.floor((rest - 60 * this.nominal) / minute);
    return tens * 600 * this.nominal + rest + this.dropped * minutes;
  }

  // And back; a number that is left out stands for the next frame.
  frameOf(number) {
    const minutes = Math.floor(number / (60 * this.nominal));
    const inMinute = number - minutes * 60 * this.nominal;
    const skip = minutes % 10 && inMinute < this.dropped ? this.dropped - inMinute : 0;
    return number + skip - this.dropped * (minutes - Math.floor(minutes / 10));
  }

  ofFrame(frame) {
    const day = 86400 * this.nominal;
    const number = ((this.numberOf(frame) % day) + day) % day;
    const seconds = Math.floor(number / this.nominal);
    const digits = (n) => String(n).padStart(2, "0");
    return (
      `${digits(Math.floor(seconds / 3600))}:${digits(Math.floor(seconds / 60) % 60)}:${digits(seconds % 60)}` +
      this.separator + digits(number % this.nominal)
    );
  }

  at(seconds) {
    return this.ofFrame(this.frameAt(seconds));
  }

  // Where the ruler's marks go: every `step` frame numbers.
  *marks(from, to, step) {
    let number = Math.floor(this.numberOf(this.frameAt(from)) / step) * step;
    for (; ; number += step) {
      const frame = this.frameOf(number);
      const seconds = this.secondsOf(frame);
      if (seconds > to) return;
      yield { seconds, frame };
    }
  }
}
