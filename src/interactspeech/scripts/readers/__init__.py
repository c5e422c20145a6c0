"""Readers of text corpora: files of many shapes in, plain dialogues out."""
