"""What has one input, and the inputs that a circuit bears."""

import numpy as np


class Effect:
    """A unit whose `tick` takes one sample."""

    def process(self, block):
        """As many samples as the block has."""
        y = np.zeros(len(block))
        for n in range(len(block)):
            y[n] = self.tick(block[n])
        return y


def tamed(x, most):
    """A number that a circuit bears: what is none counts as 0 V, and what is beyond any circuit is cut."""
    return min(max(x, -most), most) if x == x else 0.0
