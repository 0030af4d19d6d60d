-- Nothing to take back: what was counted goes with the tables of 0020.

SELECT;
