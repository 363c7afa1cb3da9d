"""The evaluation of search: documents and labelled questions, and what is measured with them."""
