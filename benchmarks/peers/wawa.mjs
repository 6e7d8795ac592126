// Plays sounds to wawa-lipsync as a browser would; see shared.mjs.
//
// The package reads an AnalyserNode each time the page is drawn. That node is written below from its specification:
// W3C, Web Audio API, section 1.8 (Blackman window, magnitudes smoothed over time, decibels as bytes).

import path from "node:path";
import { createRequire } from "node:module";
import { RATE, VISEMES, folders, play } from "./shared.mjs";

const SMOOTHING = 0.8;
const QUIETEST_DB = -100;
const LOUDEST_DB = -30;
const BLACKMAN = 0.16;

class Analyser {
  fftSize = 2048;
  #recent = new Float32Array(0);
  #smoothed = null;

  get frequencyBinCount() {
    return this.fftSize / 2;
  }

  hear(block) {
    const together = new Float32Array(this.fftSize);
    const kept = this.#recent.subarray(Math.max(0, this.#recent.length + block.length - this.fftSize));
    together.set(kept, this.fftSize - block.length - kept.length);
    together.set(block, this.fftSize - block.length);
    this.#recent = together;
  }

  getByteFrequencyData(bytes) {
    this.#smoothed ??= new Float64Array(this.frequencyBinCount);
    const spectrum = magnitudes(this.#recent, this.fftSize);
    for (let bin = 0; bin < bytes.length; bin++) {
      this.#smoothed[bin] = SMOOTHING * this.#smoothed[bin] + (1 - SMOOTHING) * spectrum[bin];
      const level = 20 * Math.log10(this.#smoothed[bin]);
      const share = (level - QUIETEST_DB) / (LOUDEST_DB - QUIETEST_DB);
      bytes[bin] = Math.max(0, Math.min(255, Math.floor(255 * share)));
    }
  }
}

/** The magnitudes of the lower half of the spectrum of windowed samples, divided by their number. */
function magnitudes(samples, size) {
  const real = new Float64Array(size);
  const imaginary = new Float64Array(size);
  for (let n = 0; n < samples.length; n++) {
    const angle = (2 * Math.PI * n) / size;
    const window = (1 - BLACKMAN) / 2 - Math.cos(angle) / 2 + (BLACKMAN / 2) * Math.cos(2 * angle);
    real[n] = window * samples[n];
  }
  transform(real, imaginary);
  return real.slice(0, size / 2).map((value, bin) => Math.hypot(value, imaginary[bin]) / size);
}

/** The Fourier transform in place, whose size is a power of two (Cooley and Tukey 1965). */
function transform(real, imaginary) {
  const size = real.length;
  for (let here = 1, there = 0; here < size; here++) {
    let bit = size >> 1;
    for (; there & bit; bit >>= 1) there ^= bit;
    there |= bit;
    if (here < there) {
      [real[here], real[there]] = [real[there], real[here]];
      [imaginary[here], imaginary[there]] = [imaginary[there], imaginary[here]];
    }
  }
  for (let half = 1; half < size; half *= 2) {
    for (let k = 0; k < half; k++) {
      const [cosine, sine] = [Math.cos((Math.PI * k) / half), -Math.sin((Math.PI * k) / half)];
      for (let even = k; even < size; even += 2 * half) {
        const odd = even + half;
        const re = cosine * real[odd] - sine * imaginary[odd];
        const im = cosine * imaginary[odd] + sine * real[odd];
        [real[odd], imaginary[odd]] = [real[even] - re, imaginary[even] - im];
        real[even] += re;
        imaginary[even] += im;
      }
    }
  }
}

let now = 0; // ms of the sound
globalThis.performance.now = () => now;
globalThis.window = {
  AudioContext: class {
    sampleRate = RATE;
    destination = {};
    createAnalyser = () => Object.assign(new Analyser(), { connect: () => {} });
    createMediaElementSource = () => ({ connect: () => {} });
    resume = () => {};
  },
};

const places = folders();
const require = createRequire(path.join(places.packages, "wawa-lipsync", "package.json"));
const { Lipsync } = require(path.join(places.packages, "wawa-lipsync", "dist", "wawa-lipsync.umd.js"));

await play(places, () => {
  now = 0;
  const lips = new Lipsync();
  lips.connectAudio({ src: "sound" });
  return {
    hear: (block) => lips.analyser.hear(block),
    look: (seconds) => {
      now = 1000 * seconds;
      lips.processAudio();
      return VISEMES.map((name) => (lips.viseme === `viseme_${name}` ? 1 : 0));
    },
  };
});
