"""Changes a stopped job's checkpoint behind its back: what a newer version would have written.

Knows LevelDB's log format (its doc/log_format.md) and the envelope of our records
(docs/checkpoint-format.md): checksum (8 bytes), version (1 byte), payload.
"""

import pathlib
import struct

import xxhash

_BLOCK, _HEADER = 32768, 7
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_PUT = 1
_CHECKSUM = 8

_CRC_TABLE = []
for _byte in range(256):
    for _ in range(8):
        _byte = _byte >> 1 ^ (0x82F63B78 if _byte & 1 else 0)  # CRC-32C, reflected
    _CRC_TABLE.append(_byte)


def _masked_crc(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _batches(log):
    """The payloads of a log file."""
    place, payload = 0, b""
    while place + _HEADER <= len(log):
        if _BLOCK - place % _BLOCK < _HEADER:
            place += _BLOCK - place % _BLOCK
            continue
        _, length, kind = struct.unpack_from("<IHB", log, place)
        if kind == 0:
            return
        payload += log[place + _HEADER : place + _HEADER + length]
        place += _HEADER + length
        if kind in (_FULL, _LAST):
            yield payload
            payload = b""


def _varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        value |= (byte & 0x7F) << shift
        place, shift = place + 1, shift + 7
        if byte < 0x80:
            return value, place


def _text(data, place):
    length, place = _varint(data, place)
    return data[place : place + length], place + length


def _entries(batch):
    """(key, value or None) of a batch."""
    place = 12  # sequence and count
    while place < len(batch):
        tag, place = batch[place], place + 1
        key, place = _text(batch, place)
        value = None
        if tag == _PUT:
            value, place = _text(batch, place)
        yield key, value


def _append(log, payload):
    """The log with one record more, cut at block borders as LevelDB wants it."""
    first = True
    while True:
        room = _BLOCK - len(log) % _BLOCK
        if room < _HEADER:
            log += bytes(room)
            continue
        piece, payload = payload[: room - _HEADER], payload[room - _HEADER :]
        kind = ((_FULL if first else _LAST) if not payload else (_FIRST if first else _MIDDLE))
        log += struct.pack("<IHB", _masked_crc(bytes([kind]) + piece), len(piece), kind) + piece
        first = False
        if not payload:
            return log


def raise_version(state, key, version):
    """Gives the record `key` (short, with a short value) a version that nobody knows yet."""
    path = max(pathlib.Path(state).rglob("*.log"), key=lambda log: log.stat().st_mtime)
    log = path.read_bytes()
    found, sequence = None, 0
    for batch in _batches(log):
        start, count = struct.unpack_from("<QI", batch)
        sequence = start + count
        found = dict(_entries(batch)).get(key, found)
    if found is None:
        raise LookupError(f"no {key} in {path}")
    body = bytes([version]) + found[_CHECKSUM + 1 :]
    seed = xxhash.xxh3_64_intdigest(key)
    value = struct.pack("<Q", xxhash.xxh3_64_intdigest(body, seed)) + body
    if max(len(key), len(value)) > 0x7F:
        raise ValueError("lengths beyond one byte of varint are not needed here")
    put = bytes([_PUT, len(key)]) + key + bytes([len(value)]) + value
    path.write_bytes(_append(log, struct.pack("<QI", sequence, 1) + put))
