"""Degrades clean recordings as telephones, noise and bad lines do, in the same way in every run."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import soxr
from numpy.typing import NDArray

from voicemail.audio.recording_audio import Samples

_MU = 255.0
_PACKET_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Condition:
    """A way to degrade a clip. `make` takes samples at 16 kHz and a seed, and returns samples at `rate_hz`."""

    name: str
    rate_hz: int
    make: Callable[[Samples, int], Samples]


def spoilt(condition: Condition, clip: str, samples: Samples) -> Samples:
    """Degrade a clip (16 kHz). Noise and loss depend only on the names of clip and condition."""
    made = condition.make(samples, zlib.crc32(f"{condition.name}/{clip}".encode()))
    pcm = np.round(np.clip(made, -1.0, 1.0 - 2.0**-15) * 32_768.0)
    return (pcm / 32_768.0).astype(np.float32)


def chosen(names: str) -> list[Condition]:
    """The conditions of these names, separated by commas; all for "". Raises SystemExit for an unknown name."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    if unknown := [name for name in wanted if name not in CONDITIONS]:
        raise SystemExit(f"There is no condition {unknown[0]!r}; there are: {', '.join(CONDITIONS)}.")
    return [CONDITIONS[name] for name in wanted] or list(CONDITIONS.values())


def narrowed(samples: Samples) -> Samples:
    """Resample from 16 kHz to 8 kHz."""
    resampled: Samples = soxr.resample(samples, 16_000, 8_000)
    return resampled


def telephone_band(samples: Samples, rate_hz: int, low_order: int, high_order: int) -> Samples:
    """The telephone band of 300–3400 Hz, by Butterworth filters of 6 dB an octave and order, with their phases."""
    count = len(samples)
    size = 1 << (count + rate_hz // 4).bit_length()  # room for the filter to decay; otherwise it wraps to the start
    hz = np.fft.rfftfreq(size, 1 / rate_hz)
    flanks = _butterworth(300.0 / np.maximum(hz, 1e-3), low_order).conj() * _butterworth(hz / 3400.0, high_order)
    limited = np.fft.irfft(np.fft.rfft(samples.astype(np.float64), size) * flanks, size)[:count]
    return limited.astype(np.float32)


def mu_law(samples: Samples) -> Samples:
    """Encode as 8-bit µ-law (G.711) and decode (the continuous curve with 255 steps)."""
    pressed = np.sign(samples) * np.log1p(_MU * np.minimum(np.abs(samples), 1.0)) / np.log1p(_MU)
    stepped = np.round(pressed * 127.5 - 0.5) + 0.5
    opened = np.sign(stepped) * np.expm1(np.abs(stepped) / 127.5 * np.log1p(_MU)) / _MU
    heard: Samples = opened.astype(np.float32)
    return heard


def street(samples: Samples, seed: int, decibels: float) -> Samples:
    """Add pink noise of changing level, so many decibels below the speech."""
    random = np.random.default_rng(seed)
    count = len(samples)
    white = np.fft.rfft(random.standard_normal(count))
    hz = np.fft.rfftfreq(count, 1 / 16_000)
    pink = np.fft.irfft(white / np.sqrt(np.maximum(hz, 20.0)), count)
    knots = random.uniform(-4.0, 4.0, count // 8_000 + 3)
    swell = np.interp(np.arange(count) / 8_000, np.arange(len(knots)), knots)
    noise = pink * 10 ** (swell / 20)
    level = np.sqrt(np.mean(_loud_part(samples) ** 2)) * 10 ** (-decibels / 20)
    mixed: Samples = (samples + noise * level / np.sqrt(np.mean(noise**2))).astype(np.float32)
    return mixed


def with_loss(samples: Samples, rate_hz: int, seed: int, share: float) -> Samples:
    """Replace lost packets of 20 ms by silence."""
    random = np.random.default_rng(seed)
    size = int(_PACKET_SECONDS * rate_hz)
    lost = random.random(len(samples) // size + 1) < share
    kept = np.repeat(~lost, size)[: len(samples)]
    return (samples * kept).astype(np.float32)


def _gentle(samples: Samples) -> Samples:
    return telephone_band(narrowed(samples), 8_000, 4, 6)


def _steep(samples: Samples) -> Samples:
    return telephone_band(narrowed(samples), 8_000, 8, 12)


def _loud_part(samples: Samples) -> NDArray[np.float64]:
    # The level of speech is that of its louder half, so pauses do not count.
    frames = samples[: len(samples) // 320 * 320].astype(np.float64).reshape(-1, 320)
    power = np.mean(frames**2, axis=1)
    loud: NDArray[np.float64] = frames[power >= np.median(power)].ravel()
    return loud


def _butterworth(ratio: NDArray[np.floating], order: int) -> NDArray[np.complexfloating]:
    # The product over the poles of a low-pass at 1, at the frequency `ratio`; 1 at 0.
    response: NDArray[np.complexfloating] = np.ones(len(ratio), np.complex128)
    for pole in range(order):
        place = np.exp(1j * np.pi * (2 * pole + order + 1) / (2 * order))
        response = response * -place / (1j * ratio - place)
    return response


CONDITIONS = {
    condition.name: condition
    for condition in (
        Condition("16 kHz", 16_000, lambda samples, seed: samples),
        Condition("8 kHz", 8_000, lambda samples, seed: narrowed(samples)),
        Condition("8 kHz µ-law", 8_000, lambda samples, seed: mu_law(narrowed(samples))),
        Condition("gentle band", 8_000, lambda samples, seed: mu_law(_gentle(samples))),
        Condition("steep band", 8_000, lambda samples, seed: mu_law(_steep(samples))),
        Condition("band+noise 20 dB", 8_000, lambda samples, seed: mu_law(_gentle(street(samples, seed, 20.0)))),
        Condition("band+noise 10 dB", 8_000, lambda samples, seed: mu_law(_gentle(street(samples, seed, 10.0)))),
        Condition("band+clipped", 8_000, lambda samples, seed: mu_law(_clipped(_gentle(samples)))),
        Condition("band+quiet", 8_000, lambda samples, seed: mu_law(_gentle(samples) * np.float32(0.1))),
        Condition("band+loss 2 %", 8_000, lambda samples, seed: with_loss(mu_law(_gentle(samples)), 8_000, seed, 0.02)),
    )
}


def _clipped(samples: Samples) -> Samples:
    # As with a microphone that is too loud: one sample in a hundred of the louder half is clipped.
    limit = np.quantile(np.abs(_loud_part(samples)), 0.97)
    return np.clip(samples, -limit, limit).astype(np.float32)
