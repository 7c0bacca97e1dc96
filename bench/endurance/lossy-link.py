"""A bad network between two network namespaces, for kernels without netem.

    python3 lossy-link.py PID NEAR_ADDRESS FAR_ADDRESS SEED

Makes a point-to-point link from this namespace (interface `near`) to that of the process PID (interface `far`). Every
packet, TCP and UDP, waits in a queue for the delay; each is dropped with the probability of loss, independently in both
directions, by a seeded generator. Lines on stdin set both: `DELAY_MS LOSS_RATIO` (one way); each is answered with a line
`ok` and the packets so far. Ends with stdin. Needs root, or a user namespace (`unshare --map-root-user`).
"""

import fcntl
import heapq
import os
import random
import selectors
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000
MTU = 1500
# As many as netem keeps by default; more would be a queue no real link has.
QUEUE_PACKETS = 1000


def open_tun(name: str) -> int:
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN_NO_PI))
    return fd


def connect_namespaces(pid: str, near: str, far: str) -> tuple[int, int]:
    near_fd, far_fd = open_tun("near"), open_tun("far")
    inside = ["nsenter", f"--net=/proc/{pid}/ns/net"]
    for command in (
        ["ip", "link", "set", "far", "netns", pid],
        ["ip", "address", "add", near, "peer", far, "dev", "near"],
        ["ip", "link", "set", "near", "up"],
        [*inside, "ip", "link", "set", "lo", "up"],
        [*inside, "ip", "address", "add", far, "peer", near, "dev", "far"],
        [*inside, "ip", "link", "set", "far", "up"],
        [*inside, "ip", "route", "add", "default", "dev", "far"],
    ):
        subprocess.run(command, check=True)
    return near_fd, far_fd


def main() -> None:
    pid, near, far, seed = sys.argv[1:]
    chance = random.Random(int(seed))
    near_fd, far_fd = connect_namespaces(pid, near, far)
    other = {near_fd: far_fd, far_fd: near_fd}
    delay_s, loss = 0.0, 0.0
    passed = dropped = 0
    order = 0
    queue: list[tuple[float, int, int, bytes]] = []
    waiting = selectors.DefaultSelector()
    for fd in (near_fd, far_fd, sys.stdin.fileno()):
        waiting.register(fd, selectors.EVENT_READ)
    os.set_blocking(sys.stdin.fileno(), False)
    print("ready", flush=True)
    while True:
        timeout = max(0.0, queue[0][0] - time.monotonic()) if queue else None
        for key, _ in waiting.select(timeout):
            if key.fd == sys.stdin.fileno():
                line = sys.stdin.readline()
                if line == "":
                    return
                delay_ms, loss = (float(word) for word in line.split())
                delay_s = delay_ms / 1000
                print(f"ok {passed} {dropped}", flush=True)
                continue
            packet = os.read(key.fd, MTU)
            if chance.random() < loss or len(queue) >= QUEUE_PACKETS:
                dropped += 1
                continue
            passed += 1
            order += 1
            heapq.heappush(queue, (time.monotonic() + delay_s, order, other[key.fd], packet))
        now = time.monotonic()
        while queue and queue[0][0] <= now:
            _, _, target, packet = heapq.heappop(queue)
            try:
                os.write(target, packet)
            except OSError:
                dropped += 1  # the interface is down or full: a packet is lost, as on any link


main()
