"""Thresholds, each with what was measured: below and above them the same is calculated in different ways."""

LINE = 64
"""Bytes of a cache line: a vector unit reads an array that begins at one up to twice as fast as one that does not."""

BLOCK = 262_144
"""Bytes of a block: long enough that the calls cost nothing, short enough for a processor's own cache."""

MANY = 131_072
"""Entries up to which blocks gain nothing."""

BLOCK_ROWS = 512
"""Rows of which a sum is formed one after another; rounding grows with their number, and beyond that with its logarithm."""

LARGE_PRODUCT = 262_144
"""Multiplications from which `matmul` is quicker than `dot`, which clears its result before it writes there."""

SMALL_KERNEL = 8_192
"""Entries of a kernel up to which a product with its transpose is slower than copying it first."""

FEW_ROWS = 16
"""Rows from which that copy pays."""

ONE_THREAD = 8_192
"""Entries up to which a dot product asks no other thread for help, and waits for none."""

SHORT_SUM = 16
"""Entries that a product adds exactly enough in whatever order its kernel adds: equal ones err by 2.3 eps at most."""

SLICED_ROW = 128
"""Entries of a row up to which a few products are quicker than a reduction, which costs ten times as much."""

WIDE_ROW = 256
"""Entries of a row from which NumPy is up to twice as quick when it does not copy a broadcast operand to its buffer."""

FEW_ENTRIES = 4_096
"""Entries up to which one reduction costs less than the calls that divide it up."""

SMALL_SIGN = 1_024
"""Entries up to which `sign` costs a third of a comparison; on a large array it costs twice as much."""

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


# batches

LEAST_ROWS = 32
"""Samples that `predict` takes at once however wide the layers are."""

PART_BYTES = 1 << 20, 1 << 24
"""Activations of one part of `predict` have at least so many bytes and at most so many: the first stay in a cache."""

PART_WEIGHTS = 4
"""How many times as many bytes as the parameters, in between: each part reads all of these anew."""

FILE_BLOCK = 1 << 18
"""Bytes of a block of rows that is read from a mapped file at a time."""

FILE_BLOCKS = 64
"""Blocks of a mapped file that are shuffled together."""
