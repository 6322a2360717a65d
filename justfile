# All that CI does.
ready:
    .ci/run

# Today's findings on the crates that corpus.toml pins, against the counts there; with --bless, write today's counts down.
corpus *flags:
    cargo run --release -p xtask -- corpus {{ flags }}

# The whole run on the corpus against read-and-parse alone: ratio of medians and peak memory.
bench rounds="7":
    cargo run --release -p xtask -- bench {{ rounds }}

# The same on folders of `rust`, `go` or `python`.
bench-folders language +folders:
    cargo run --release -p xtask -- bench --lang {{ language }} {{ folders }}

# The whole run on a folder of Python beside ruff and bandit, which are to be on the PATH.
bench-python folder:
    cargo run --release -p xtask -- peers {{ folder }}

# Time and peak memory on 2 to 200 MB of Rust: the pinned crates, the parts of the folders named, and copies where that is not enough.
bench-scaling *folders:
    cargo run --release -p xtask -- scaling {{ folders }}

# That nothing below the folders has an effect without words of one, and how much is not parsed for having none.
prefilter +folders:
    cargo run --release -p xtask -- prefilter {{ folders }}

# How long exploring a candidate of the corpus takes, and its share of a whole cold run on one thread.
explore-times:
    cargo run --release -p xtask -- explore

# Lowering, linking and exploring, each alone.
bench-stages:
    cargo bench -p fsrace-analyzer

# The abstract kernel against the real one: so many random sequences of calls, and what each call came to.
conformance sequences="10000000" seed="2":
    FSRACE_SEQUENCES={{ sequences }} FSRACE_SEED={{ seed }} cargo test --release --test conformance -- --nocapture

# A new rule, begun as a copy of the file, page and fixtures of one that is like it.
new-rule id like:
    cargo run -p xtask -- new-rule {{ id }} {{ like }}
