#!/usr/bin/env bash
# The last step of the release workflow: commits the wrappers that carry the hashes, then the examples that name that
# commit, tags vX.Y.Z, moves vX, and creates the release with the files of dist/. A version that exists is never
# replaced.
set -euo pipefail

version=$(cargo metadata --no-deps --format-version 1 |
  python3 -c 'import json, sys; print(next(p["version"] for p in json.load(sys.stdin)["packages"] if p["name"] == "stackstep"))')
tag="v$version"
major="v${version%%.*}"

git config user.name "github-actions[bot]"
git config user.email "41898282+github-actions[bot]@users.noreply.github.com"
# A wrapper is a folder at the root with a gen.toml. What is generated elsewhere is the same in each release: a workflow
# could not be pushed with the job's token.
# https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#permissions
wrappers=(*/gen.toml)
commit() {
  git add -- "${wrappers[@]%/gen.toml}" README.md docs
  git diff --exit-code # nothing else may have changed
  git commit --quiet --message "$1"
}
commit "Wrappers of $tag"
# Examples and documentation pin that commit by its full SHA; no file can hold the SHA of its own commit.
cargo xtask release --pin "$(git rev-parse HEAD)"
commit "Release $tag"
git tag "$tag"
git tag --force "$major"

# The token reaches git by its environment, and is stored nowhere.
push() { git -c "credential.helper=!gh auth git-credential" push "https://github.com/$GITHUB_REPOSITORY.git" "$@"; }

# A draft first: the tags appear when the files are there, so that no wrapper looks for what is not there yet.
push "refs/tags/$tag"
gh release create "$tag" --verify-tag --draft --title "$tag" --notes "See CHANGELOG.md. Built with $(rustc --version)." dist/*
gh release edit "$tag" --draft=false
# Only a stable release moves the tag that people use.
case $version in
  *-*) ;;
  *) push --force "refs/tags/$major" ;;
esac
