"""Codebook for Jupyter: the kernel, the JupyterLab extension and the `codebook` command, as one Python package.

The kernel is TypeScript and runs in Node; this package carries it in the folder `node` and starts it.
"""
