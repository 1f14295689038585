"""The room that writes down what manifests mean to other programs: values in, deterministic text out."""
