"""What every operation of a model does, costs and sees.

>>> from cnnviz import ledger, nets
>>> ledger(nets.lenet5(), (1, 28, 28))
Ledger(Sequential, 1 × 28 × 28, 12 rows: 61 706 parameters, 416 520 multiply–adds)
"""

from cnnviz.ledgers._ledger import Ledger, ledger

__all__ = ["Ledger", "ledger"]
