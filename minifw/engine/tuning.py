"""Thresholds, each with what was measured: below and above them the same is calculated in different ways."""

LINE = 64
"""Bytes of a cache line: a vector unit reads an array that begins at one up to twice as fast as one that does not."""

BLOCK = 262_144
"""Bytes of a block: long enough that the calls cost nothing, short enough for a processor's own cache."""

MANY = 131_072
"""Entries up to which blocks gain nothing."""

LARGE_PRODUCT = 262_144
"""Multiplications from which `matmul` is quicker than `dot`, which clears its result before it writes there."""

SMALL_KERNEL = 8_192
"""Entries of a kernel up to which a product with its transpose is slower than copying it first."""

FEW_ROWS = 16
"""Rows from which that copy pays."""

TINY = 16
"""Entries up to which Python's own numbers are quicker than NumPy's, and exact enough one by one."""

FEW = 16_384
"""Entries up to which one sum is quicker than values and their sum."""

UPDATE_BLOCK = 32_768
"""Entries of parameters that are updated at a time, so that all passes over a block find it in the cache."""


# windows

COLUMNS = 262_144
"""Entries of the windows that are laid side by side at a time: 1 to 2 MB, which a cache holds."""

SMALL_PRODUCT = 1_000_000
"""Multiplications up to which OpenBLAS multiplies without first copying both sides: quicker by a quarter."""

DEPTHWISE = 65_536
"""Entries of a depthwise convolution's output that are worked on at a time, so that they stay in a cache."""

READING = 131_072
"""Values of a data set that are converted at a time, so that data on disk need not fit into memory."""
