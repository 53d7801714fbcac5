"""Documents for boards and communities: one text, written as Word, PDF and HTML.

`document` is what a text is made of; `profile`, `evidence_pack` and `progress_report` write the texts from the tables;
`drawings` draws their maps and charts; `as_html`, `as_pdf` and `as_word` turn a text into a file.
"""
