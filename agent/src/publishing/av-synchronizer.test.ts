import { describe, expect, it } from 'vitest';
import { AVSynchronizer } from './av-synchronizer.ts';
import type { SyncFrame } from './av-synchronizer.ts';

function makeSynchronizer(capacity = 4) {
  const shown: number[] = [];
  const dropped: number[] = [];
  const synchronizer = new AVSynchronizer<SyncFrame>({
    show: (frame) => shown.push(frame.frameIndex),
    drop: (frame) => dropped.push(frame.frameIndex),
    capacity,
  });
  return { synchronizer, shown, dropped };
}
const frame = (frameIndex: number, arrivedAtMs = 0, epoch = 0): SyncFrame => ({
  epoch,
  frameIndex,
  arrivedAtMs,
});

describe('AVSynchronizer', () => {
  it('shows a frame when the first of its two chunks is heard', () => {
    const { synchronizer, shown } = makeSynchronizer();
    synchronizer.offer(frame(0));
    expect(synchronizer.poll(500)).toBe(Number.POSITIVE_INFINITY);
    synchronizer.noteAudio(0, 1000);
    synchronizer.noteAudio(1, 1020);
    expect(synchronizer.poll(999)).toBe(1000);
    expect(shown).toEqual([]);
    synchronizer.poll(1000);
    expect(shown).toEqual([0]);
  });

  it('shows the newest of several due frames and drops the others', () => {
    const { synchronizer, shown, dropped } = makeSynchronizer();
    for (let i = 0; i < 3; i++) {
      synchronizer.noteAudio(2 * i, 1000 + 40 * i);
      synchronizer.offer(frame(i));
    }
    expect(synchronizer.poll(1045)).toBe(1080);
    expect(shown).toEqual([1]);
    expect(dropped).toEqual([0]);
  });

  it('counts a frame that comes after its time, and still shows it', () => {
    const { synchronizer, shown } = makeSynchronizer();
    synchronizer.noteAudio(0, 1000);
    expect(synchronizer.offer(frame(0, 1030))).toBe(false);
    synchronizer.poll(1030);
    expect(shown).toEqual([0]);
    expect(synchronizer.lateFrames).toBe(1);
  });

  it('never goes back: a frame behind the one on screen is dropped', () => {
    const { synchronizer, shown, dropped } = makeSynchronizer();
    synchronizer.noteAudio(0, 1000);
    synchronizer.noteAudio(2, 1040);
    synchronizer.offer(frame(1, 1000));
    synchronizer.poll(1040);
    synchronizer.offer(frame(0, 1050));
    synchronizer.poll(1060);
    expect(shown).toEqual([1]);
    expect(dropped).toEqual([0]);
    expect(synchronizer.nextUnshownFrame).toBe(2);
  });

  it('drops the oldest frame when the queue is full', () => {
    const { synchronizer, dropped } = makeSynchronizer(2);
    for (let i = 0; i < 4; i++) synchronizer.offer(frame(i));
    expect(dropped).toEqual([0, 1]);
    expect(synchronizer.droppedFrames).toBe(2);
  });

  it('shows nothing of an older epoch after an interruption', () => {
    const { synchronizer, shown, dropped } = makeSynchronizer();
    for (let i = 0; i < 4; i++) synchronizer.noteAudio(2 * i, 1000 + 40 * i);
    synchronizer.offer(frame(0));
    synchronizer.poll(1000);
    synchronizer.offer(frame(1));
    synchronizer.interrupt(1);
    synchronizer.offer(frame(2));
    synchronizer.offer(frame(1, 1010, 1));
    synchronizer.poll(1040);
    expect(shown).toEqual([0, 1]);
    expect(dropped).toEqual([1, 2]);
  });

  it('forgets playout times older than its schedule instead of mixing them up', () => {
    const { synchronizer, shown } = makeSynchronizer();
    synchronizer.noteAudio(0, 1000);
    synchronizer.offer(frame(64));
    expect(synchronizer.poll(5000)).toBe(Number.POSITIVE_INFINITY);
    expect(shown).toEqual([]);
  });
});

describe('what AVSynchronizer counts', () => {
  it('tells frames that were overtaken from those of before an interruption, and times without a new picture', () => {
    const { synchronizer, shown } = makeSynchronizer();
    const due = (index: number) => synchronizer.noteAudio(2 * index, 1000 + 40 * index);
    for (const index of [0, 1, 2, 5]) due(index);
    synchronizer.offer(frame(0));
    synchronizer.poll(1000);
    synchronizer.offer(frame(1));
    synchronizer.offer(frame(2));
    synchronizer.poll(1080);
    synchronizer.offer(frame(5));
    synchronizer.poll(1200);
    synchronizer.offer(frame(6));
    expect(synchronizer.waitingFrames).toBe(1);
    synchronizer.interrupt(1);
    synchronizer.offer(frame(7, 0, 0));
    expect(shown).toEqual([0, 2, 5]);
    expect(synchronizer.overtakenFrames).toBe(1);
    expect(synchronizer.repeatedFrames).toBe(3);
    expect(synchronizer.outdatedFrames).toBe(2);
    expect(synchronizer.droppedFrames).toBe(3);
  });
});
