"""Blocks from samples: `process` of what has a `tick`."""

import numpy as np

import oscine


class Generator:
    """A unit whose `tick` takes nothing."""

    def process(self):
        """A block of `blocksize` samples."""
        y = np.zeros(oscine.blocksize)
        for n in range(len(y)):
            y[n] = self.tick()
        return y


class Effect:
    """A unit whose `tick` takes one sample."""

    def process(self, block):
        """As many samples as the block has."""
        y = np.zeros(len(block))
        for n in range(len(block)):
            y[n] = self.tick(block[n])
        return y
