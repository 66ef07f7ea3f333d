set shell := ["bash", "-euo", "pipefail", "-c"]

# List the recipes
default:
    @just --list

# Serve on an SQLite database in ./data, or as the configuration says
run *args:
    cargo run --package server -- {{ args }}

# Run everything a change has to pass
test:
    scripts/test

# Run everything but the tests that need another server than PostgreSQL
quick:
    scripts/test --quick

# Measure the built server
bench:
    scripts/bench

# Format the code
fmt:
    cargo fmt --all

# Lint every target of every crate
lint:
    cargo clippy --locked --workspace --all-targets --all-features -- --deny warnings

# Build the documentation of the code and open it
docs:
    cargo doc --locked --workspace --no-deps --document-private-items --open

# Make the folders of a new migration for both databases
new-migration name:
    scripts/new-migration {{ name }}

# Write config/default.toml and docs/configuration.md from the table of settings
config-defaults:
    UPDATE_GENERATED=1 cargo test --locked --package server generated
