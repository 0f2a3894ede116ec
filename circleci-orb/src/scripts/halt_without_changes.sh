#!/bin/sh
# https://circleci.com/docs/reference/configuration-reference/#ending-a-job-from-within-a-step
if [ -z "${BASH_VERSION:-}" ] && [ -r "${BASH_ENV:-}" ]; then . "$BASH_ENV"; fi
if [ "${STACK_HAS_CHANGES:-}" = false ]; then circleci-agent step halt; fi
