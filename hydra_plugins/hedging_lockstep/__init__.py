"""A Hydra sweeper that plays the numbers of a sweep in lockstep.

Hydra imports every module of this package whenever it starts, in any app, except those whose name begins with
an underscore: what is heavy lies in those, and is imported once there is something to sweep.
"""
