import { describe, expect, it } from 'vitest';
import { SourceSelector } from './source-selector.ts';

const CHUNK = 960;
const chunkOf = (value: number) => new Int16Array(CHUNK).fill(value);

describe('SourceSelector', () => {
  it('is silent without microphone and clip, and counts no underrun', () => {
    const selector = new SourceSelector(CHUNK);
    const output = chunkOf(9);
    expect(selector.next(output)).toBe('none');
    expect(output[0]).toBe(0);
    expect(selector.underruns).toBe(0);
  });

  it('plays the live microphone and counts ticks without audio', () => {
    const selector = new SourceSelector(CHUNK);
    const output = new Int16Array(CHUNK);
    selector.setMicLive(true);
    selector.pushMic(chunkOf(1234));
    expect(selector.next(output)).toBe('mic');
    expect(output[5]).toBe(1234);
    expect(selector.next(output)).toBe('mic');
    expect(output[5]).toBe(0);
    expect(selector.underruns).toBe(1);
  });

  it('lets a clip replace the microphone to its last sample, padded with silence', () => {
    const selector = new SourceSelector(CHUNK);
    const output = new Int16Array(CHUNK);
    selector.setMicLive(true);
    selector.playClip(new Int16Array(CHUNK + 10).fill(77));
    selector.pushMic(chunkOf(1));
    expect(selector.next(output)).toBe('clip');
    selector.pushMic(chunkOf(2));
    expect(selector.next(output)).toBe('clip');
    expect([output[9], output[10]]).toEqual([77, 0]);
    // What the microphone heard during the clip is gone.
    selector.pushMic(chunkOf(3));
    expect(selector.next(output)).toBe('mic');
    expect(output[0]).toBe(3);
  });

  it('stops a clip at once', () => {
    const selector = new SourceSelector(CHUNK);
    const output = new Int16Array(CHUNK);
    selector.playClip(new Int16Array(48_000).fill(5));
    selector.next(output);
    selector.stopClip();
    expect(selector.next(output)).toBe('none');
    expect(output[0]).toBe(0);
  });

  it('treats an empty clip as nothing', () => {
    const selector = new SourceSelector(CHUNK);
    selector.playClip(new Int16Array(0));
    expect(selector.source).toBe('none');
  });
});
