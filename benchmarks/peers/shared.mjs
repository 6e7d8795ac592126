// What the scripts beside this one share: sounds in, visemes out, one JSON file per sound.
//
//   node SCRIPT.mjs NODE_MODULES SOUNDS OUT
//
// NODE_MODULES: the folder into which the package was installed with npm.
// SOUNDS: NAME.f32, mono, 32-bit little-endian floats, RATE samples a second (benchmarks/peer_curves.py writes them).
// OUT: gets NAME.json, {"rate": ticks a second, "visemes": names, "weights": one row per tick}.

import fs from "node:fs";
import path from "node:path";

export const RATE = 48000;
export const TICKS = 60; // a second: how often a browser draws
const BLOCK = 128; // samples: a render quantum of Web Audio

export const VISEMES = ["sil", "PP", "FF", "TH", "DD", "kk", "CH", "SS", "nn", "RR", "aa", "E", "I", "O", "U"];

/** The folders of the command line. */
export function folders() {
  const [packages, sounds, out] = process.argv.slice(2).map((name) => path.resolve(name));
  if (!out) throw new Error("usage: node SCRIPT.mjs NODE_MODULES SOUNDS OUT");
  fs.mkdirSync(out, { recursive: true });
  return { packages, sounds, out };
}

/**
 * Plays every sound.
 * @param start makes, for one sound, {hear(block), look()}: hear gets the next samples, look returns the weights of
 *   VISEMES as they are drawn now.
 */
export async function play({ sounds, out }, start) {
  for (const file of fs.readdirSync(sounds).filter((name) => name.endsWith(".f32")).sort()) {
    const bytes = fs.readFileSync(path.join(sounds, file));
    const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
    const { hear, look } = await start();
    const weights = [];
    let heard = 0;
    for (let tick = 0; tick / TICKS < samples.length / RATE; tick++) {
      for (; heard + BLOCK <= (tick / TICKS) * RATE; heard += BLOCK) hear(samples.subarray(heard, heard + BLOCK));
      weights.push(look(tick / TICKS).map((weight) => Math.round(1e4 * weight) / 1e4));
    }
    const name = `${path.basename(file, ".f32")}.json`;
    fs.writeFileSync(path.join(out, name), JSON.stringify({ rate: TICKS, visemes: VISEMES, weights }));
  }
}
