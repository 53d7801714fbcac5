"""Every table and field: vocabulary, fields, tables, and validation against them."""
