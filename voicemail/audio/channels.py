"""The channels of a recording: which of them are the same sound, and which are people of their own.

A telephone call may be recorded with a channel for each side. Added up, two people talk at once, hold music covers the caller,
and channels of opposite phase cancel each other. So channels are compared first, and what differs is listened to by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]  # of all channels: a row a moment, a column a channel
Weights = NDArray[np.float32]  # by which channels are multiplied before they are added up

MOST_TRACKS = 2
_SAME = 0.6  # samples that go together so closely are one sound, of the same phase or the opposite one
_SAME_LOUDNESS = 0.7  # an echo has 0.88 and more, the other person of a call 0.44 at most (66 pairs of clips)
_LONGEST_ECHO_FRAMES = 15  # 0.3 s
_SILENT = 1e-7  # mean square of a channel in which nothing is heard: -70 dBFS
_SILENT_BESIDE = 1e-5  # the same, as a share of the loudest channel's: 50 dB under it


@dataclass(frozen=True, slots=True)
class Study:
    """What was found of the channels: how their samples go together, and their loudness by frames of 20 ms."""

    products: NDArray[np.float64]
    loudness: NDArray[np.float32]
    samples: int


def study(blocks: Iterable[Samples], channels: int, frame: int) -> Study:
    """Go through a recording once; `frame` is the number of samples in 20 ms."""
    products = np.zeros((channels, channels))
    loudness: list[NDArray[np.float32]] = []
    samples = 0
    for block in blocks:
        products += block.T.astype(np.float64) @ block
        samples += len(block)
        padded = np.pad(block, ((0, -len(block) % frame), (0, 0)))
        loudness.append(np.sqrt(np.square(padded).reshape(-1, frame, channels).mean(axis=1)))
    return Study(products, np.concatenate(loudness) if loudness else np.zeros((0, channels), np.float32), samples)


def tracks_of(found: Study) -> list[Weights]:
    """The tracks to listen to one by one, at least one and at most MOST_TRACKS, the loudest first."""
    power = np.diag(found.products) / max(found.samples, 1)
    channels = len(power)
    heard = [channel for channel in np.argsort(-power) if power[channel] > max(_SILENT, _SILENT_BESIDE * power.max())]
    if not heard:
        return [np.full(channels, 1 / channels, np.float32)]
    groups: list[dict[int, float]] = []  # the signs of channels that are one sound; the loudest leads
    for channel in heard:
        for group in groups:
            leader = next(iter(group))
            together = found.products[leader, channel]
            likeness = together / np.sqrt(found.products[leader, leader] * found.products[channel, channel])
            if abs(likeness) >= _SAME:
                group[channel] = float(np.sign(likeness))
                break
            if _is_echo(found.loudness[:, leader], found.loudness[:, channel]):
                break  # the leader has it louder
        else:
            groups.append({channel: 1.0})
    return [_weights(group, channels) for group in groups[:MOST_TRACKS]]


def _weights(group: dict[int, float], channels: int) -> Weights:
    weights = np.zeros(channels, np.float32)
    for channel, sign in group.items():
        weights[channel] = sign / len(group)
    return weights


def _is_echo(leader: NDArray[np.float32], channel: NDArray[np.float32]) -> bool:
    """Whether a channel is as loud as the leader at every moment, or a little later or earlier."""
    first, second = leader - leader.mean(), channel - channel.mean()
    most = 0.0
    for lag in range(-_LONGEST_ECHO_FRAMES, _LONGEST_ECHO_FRAMES + 1):
        a = first[max(0, lag) : len(first) + min(0, lag)]
        b = second[max(0, -lag) : len(second) + min(0, -lag)]
        if len(a) > 1:
            most = max(most, float(a @ b) / max(float(np.sqrt((a @ a) * (b @ b))), 1e-12))
    return most >= _SAME_LOUDNESS
