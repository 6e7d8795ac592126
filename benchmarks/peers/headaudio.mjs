// Plays sounds to @met4citizen/headaudio as a browser would; see shared.mjs.
//
// The package's own node and worklet run as they ship, with their default parameters. What a browser has around them
// is below: the two base classes, and a port between them whose messages arrive at once.

import fs from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { RATE, TICKS, VISEMES, folders, play } from "./shared.mjs";

let Worklet; // the package registers its processor
let worklet; // the processor that the newest node talks to

globalThis.sampleRate = RATE;
globalThis.registerProcessor = (name, processor) => (Worklet = processor);
globalThis.AudioWorkletProcessor = class {
  port = { onmessage: null, postMessage: null };
};
globalThis.AudioWorkletNode = class {
  port = { onmessage: null, postMessage: (data) => worklet.port.onmessage({ data }) };

  constructor(context, name, options) {
    worklet = new Worklet(options);
    worklet.port.postMessage = (data) => this.port.onmessage({ data });
  }
};
globalThis.fetch = async (file) => {
  const bytes = await fs.readFile(file);
  return { ok: true, arrayBuffer: async () => bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) };
};

const places = folders();
const dist = path.join(places.packages, "@met4citizen", "headaudio", "dist");
await import(pathToFileURL(path.join(dist, "headworklet.min.mjs")));
const { HeadAudio } = await import(pathToFileURL(path.join(dist, "headaudio.min.mjs")));

await play(places, async () => {
  const drawn = Object.fromEntries(VISEMES.map((name) => [`viseme_${name}`, 0]));
  const node = new HeadAudio({});
  node.onvalue = (name, value) => (drawn[name] = value);
  await node.loadModel(path.join(dist, "model-en-mixed.bin"));
  const parameters = Object.fromEntries(
    Worklet.parameterDescriptors.map(({ name, defaultValue }) => [name, new Float32Array([defaultValue])]),
  );
  const processor = worklet;
  return {
    hear: (block) => processor.process([[block]], [], parameters),
    look: () => {
      node.update(1000 / TICKS);
      return VISEMES.map((name) => drawn[`viseme_${name}`]);
    },
  };
});
