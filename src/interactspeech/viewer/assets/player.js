// Plays a dialogue: one stereo file with everybody, or one file with one speaker alone.

class Player {
  /** `changed(sample, playing)` is called on every frame while playing and after every jump. */
  constructor(changed, failed) {
    Object.assign(this, { changed, failed, data: null, loop: null, only: null, urls: [] });
    this.audio = new Audio();
    this.audio.preload = "metadata";
    for (const name of ["play", "pause", "ended", "seeked"]) this.audio.addEventListener(name, () => this.tick());
    this.audio.addEventListener("error", () => {
      if (this.audio.getAttribute("src")) this.failed("This dialogue’s sound could not be played: the audio folder must lie beside the page.");
    });
  }

  show(data) {
    this.pause();
    this.urls.forEach((url) => URL.revokeObjectURL(url));
    this.urls = [];
    Object.assign(this, { data, loop: null, position: 0, addresses: new Map() });
    if (!this.ready || (this.only !== null && !this.address(this.only))) this.only = null;
    this.open();
  }

  get ready() { return Boolean(this.data?.audio.both?.length); }
  get playing() { return this.ready && !this.audio.paused && !this.audio.ended; }

  /** The address of everybody (null) or of one speaker; a single-file page holds the sound itself. */
  address(only) {
    const { audio, speakers } = this.data;
    // A server mixes speakers; files are of channels.
    const source = only === null ? audio.both[0] : audio.each?.[audio.by === "speaker" ? only : speakers[only]?.channel];
    if (!source || /^(audio|api)\//.test(source)) return source;
    if (!this.addresses.has(source)) {
      const url = URL.createObjectURL(new Blob([bytes(source)], { type: "audio/flac" }));
      this.urls.push(url);
      this.addresses.set(source, url);
    }
    return this.addresses.get(source);
  }

  open() {
    const { audio } = this, rate = audio.playbackRate;
    if (!this.ready) { audio.removeAttribute("src"); return; }
    audio.src = this.address(this.only);
    audio.playbackRate = audio.defaultPlaybackRate = rate;
    audio.preservesPitch = true;
    audio.currentTime = this.position / this.data.rate;
  }

  /** Hear one speaker alone, or everybody (null); the place and the playing go on. */
  hear(only) {
    if (only === this.only || !this.data) return;
    const playing = this.playing;
    this.position = this.sample;
    this.only = only;
    this.open();
    if (playing) this.play();
  }

  get sample() {
    if (!this.ready || this.audio.readyState === 0) return this.position ?? 0;
    return Math.min(this.data.length, this.audio.currentTime * this.data.rate);
  }

  seek(sample) {
    this.position = clamp(sample, 0, this.data.length);
    if (this.ready) this.audio.currentTime = this.position / this.data.rate;
    this.changed(this.position, this.playing);
  }

  setSpeed(speed) { this.audio.playbackRate = this.audio.defaultPlaybackRate = speed; }

  setLoop(loop) {
    this.loop = loop;
    if (loop && this.ready) this.seek(loop[0]);
  }

  play() {
    if (!this.ready) return;
    if (this.audio.ended || this.sample >= this.data.length - 1) this.seek(0);
    // A jump while it starts interrupts play(); that is no failure.
    this.audio.play().catch((error) => { if (error.name !== "AbortError") this.failed(`The browser did not play: ${error.message}`); });
  }

  pause() { this.audio.pause(); }
  toggle() { if (this.playing) this.pause(); else this.play(); }

  tick() {
    if (!this.data) return;
    let sample = this.sample;
    if (this.playing && this.loop && (sample >= this.loop[1] || sample < this.loop[0] - this.data.rate / 10)) {
      this.seek(this.loop[0]);
      sample = this.loop[0];
    }
    this.position = sample;
    this.changed(sample, this.playing);
    cancelAnimationFrame(this.frame);
    if (this.playing) this.frame = requestAnimationFrame(() => this.tick());
  }
}
