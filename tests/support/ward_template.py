"""A DOCX template as a ward may make it: a few plain paragraphs with places to fill."""

import io

from docx import Document


def template(*lines: str, **core: str) -> bytes:
    document = Document()
    for line in lines:
        document.add_paragraph(line)
    for name, value in core.items():
        setattr(document.core_properties, name, value)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


WHOLE = ("{{CO_QUAN}}", "Hải Phòng: {{ NGAY }}", "Về việc {{TRICH_YEU}}", "{{NOI_DUNG}}", "Chánh Văn phòng")
