/** Python that carries plain values between two interpreters as text, so that no object of one ever reaches the other. */

/**
 * Defines `pack`, from a value to JSON, and `unpack`, back. Plain are None, bool, int, float, complex, str, bytes, list,
 * tuple, set, frozenset and dict, and what can be read through to its end (at most 100,000 items of it), which arrives
 * as an iterator. Of a subclass the plain part arrives. Anything else is a TypeError.
 */
export const PLAIN_VALUES = `
import itertools, json

def pack(value):
    if value is None or value is True or value is False:
        return value
    for kind, tag in ((str, 'u'), (bytes, 'b'), (bytearray, 'b'), (int, 'i'), (float, 'f'), (complex, 'c')):
        if isinstance(value, kind):
            return [tag, SPELL[tag](value)]
    if isinstance(value, dict):
        return ['d', [[pack(key), pack(item)] for key, item in dict.items(value)]]
    for kind, tag in ((list, 'l'), (tuple, 't'), (set, 's'), (frozenset, 'z')):
        if isinstance(value, kind):
            return [tag, [pack(item) for item in kind.__iter__(value)]]
    if not hasattr(value, '__iter__'):
        raise TypeError('a value of type ' + type(value).__name__ + ' is not plain')
    items = list(itertools.islice(iter(value), 100001))
    if len(items) > 100000:
        raise TypeError('an iterator of more than 100,000 items')
    return ['y', [pack(item) for item in items]]

SPELL = {
    'u': lambda value: str.__str__(value),
    'b': lambda value: bytes(value).hex(),
    'i': lambda value: int.__format__(value, 'x'),
    'f': lambda value: float.__repr__(value),
    'c': lambda value: [float.__repr__(value.real), float.__repr__(value.imag)],
}

READ = {
    'u': str,
    'b': bytes.fromhex,
    'i': lambda text: int(text, 16),
    'f': float,
    'c': lambda pair: complex(float(pair[0]), float(pair[1])),
    'l': lambda items: [unpack(item) for item in items],
    't': lambda items: tuple(unpack(item) for item in items),
    's': lambda items: {unpack(item) for item in items},
    'z': lambda items: frozenset(unpack(item) for item in items),
    'd': lambda pairs: {unpack(key): unpack(item) for key, item in pairs},
    'y': lambda items: iter([unpack(item) for item in items]),
}

def unpack(packed):
    if packed is None or packed is True or packed is False:
        return packed
    tag, body = packed
    return READ[tag](body)
`
