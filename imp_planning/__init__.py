"""Power of the next trial, by formula and by simulation; knows no study and no answers."""
