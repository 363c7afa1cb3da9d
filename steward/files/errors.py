"""What files refuse. `FileTooLarge` lives in the kernel, whose gate refuses long before a file is read."""

from __future__ import annotations

from steward.kernel.errors import Refusal


class FileEmpty(Refusal):
    """The upload has no bytes."""

    tag = "file_empty"
    status = 422
    title = "The file is empty"
    remedy = "Choose a file that holds something, then upload it again."


class FileGone(Refusal):
    """The file is listed, but the storage has its content no more."""

    tag = "file_content_gone"
    status = 410
    title = "The content of the file is gone"
    remedy = "Send the same file again, and tell an administrator that its content was lost."


class StorageFull(Refusal):
    """There is no room left where files are kept."""

    tag = "storage_full"
    status = 507
    title = "The file storage is full"
    remedy = "Ask an administrator to make room, then upload the file again."


class FormMalformed(Refusal):
    """The upload is not the form that this address takes."""

    tag = "form_malformed"
    status = 400
    title = "The form cannot be read"
    remedy = "Send a multipart form with one file, and only the fields that the reference names."


class UploadCutOff(Refusal):
    """The upload ended, or fell silent, before all of it was here."""

    tag = "upload_cut_off"
    status = 408
    title = "The upload was cut off"
    remedy = "Check the connection, then upload the file again."
