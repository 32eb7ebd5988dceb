// What time it is. The picture is the clock wherever it plays; elsewhere the computer's is.

class Transport {
  constructor(data, video, sounds, audibleNow, audibleSoon = audibleNow) {
    this.begin = data.begin_seconds;
    this.end = data.end_seconds;
    this.picture = data.picture;
    this.video = video;
    this.sounds = sounds;
    this.audibleNow = audibleNow; // () => the sounds that are to be heard
    this.audibleSoon = audibleSoon; // () => those that are to be ready too
    this.running = false;
    this.waiting = false; // for the picture to move
    this.at = 0;
    this.readAt = 0;
    this.origin = 0; // the first frame's time as the browser counts
    this.plays = false; // whether the browser can play the picture
    if (this.picture && this.picture.play_rate >= 0.0625 && this.picture.play_rate <= 16) this.open();
  }

  open() {
    const { video } = this;
    const shown = (now, frame) => {
      if (video.currentTime < 0.5) this.origin = frame.mediaTime;
      this.plays = true;
      this.show();
    };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(shown);
    else video.addEventListener("loadeddata", () => { this.plays = video.videoWidth > 0; this.show(); }, { once: true });
    video.addEventListener("error", () => { this.plays = this.waiting = false; });
    video.src = this.picture.url;
  }

  // Where in the file the picture of a moment lies; a hair late, so that a frame's own beginning shows that frame.
  sourceOf(time) {
    const { offset_seconds, play_rate } = this.picture;
    return this.origin + offset_seconds + time * play_rate + 0.0005;
  }

  pictureTime() {
    const { offset_seconds, play_rate } = this.picture;
    return (this.video.currentTime - 0.0005 - this.origin - offset_seconds) / play_rate;
  }

  shows(time) {
    return this.plays && time >= 0 && time < this.picture.length_seconds && !this.video.ended;
  }

  now() {
    if (!this.running) return this.at;
    const { video } = this;
    const read = performance.now();
    const moves = this.plays && !video.paused && !video.seeking && !video.ended && video.readyState >= 3;
    if (moves && !(this.waiting && video.currentTime === this.heldAt)) {
      this.waiting = false;
      this.at = this.pictureTime();
    } else if (!this.waiting) {
      this.at += (read - this.readAt) / 1000;
    }
    this.readAt = read;
    return this.at;
  }

  async play() {
    if (this.running) return;
    this.running = this.waiting = true;
    this.heldAt = this.video.currentTime;
    await this.sounds.prepare(this.audibleSoon());
    if (!this.running) return; // stopped again meanwhile
    if (this.at >= this.end - 0.01) this.at = 0;
    this.sounds.place(this.audibleNow(), this.at);
    this.go();
  }

  go() {
    this.readAt = performance.now();
    this.waiting = false;
    if (!this.plays) return;
    this.show();
    if (this.at >= 0 && this.at < this.picture.length_seconds) this.roll();
  }

  roll() {
    this.waiting = true;
    this.heldAt = this.video.currentTime;
    this.video.playbackRate = this.picture.play_rate;
    this.video.play().catch(() => { this.waiting = false; });
  }

  pause() {
    if (!this.running) return;
    this.at = Math.min(this.now(), this.end);
    this.running = this.waiting = false;
    this.video.pause();
    this.sounds.place(this.audibleNow(), this.at);
    this.show();
  }

  seek(time) {
    this.at = Math.min(this.end, Math.max(this.begin, time));
    this.sounds.place(this.audibleNow(), this.at);
    if (this.running) {
      this.video.pause();
      this.go();
    } else {
      this.show();
    }
  }

  // Put the picture where the clock is.
  show() {
    if (!this.plays) return;
    const time = Math.min(Math.max(this.at, 0), Math.max(0, this.picture.length_seconds - 0.001));
    if (Math.abs(this.video.currentTime - this.sourceOf(time)) > 1e-4) this.video.currentTime = this.sourceOf(time);
  }

  // To be called for every frame of the screen.
  tick() {
    if (!this.running) return;
    const time = this.now();
    if (time >= this.end) {
      this.pause();
    } else if (!this.waiting) {
      if (this.video.paused && this.shows(time)) this.video.play().catch(() => {});
      if (!this.video.paused && time >= this.picture.length_seconds) this.video.pause();
      this.sounds.follow(this.audibleNow(), time);
    }
  }
}
