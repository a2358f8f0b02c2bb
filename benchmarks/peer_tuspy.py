"""tuspyserver with its local store, as its own documentation has it. `PEER_FOLDER` is where it keeps the files."""

import os

from fastapi import FastAPI
from tuspyserver import create_tus_router

app = FastAPI()
app.include_router(create_tus_router(prefix="files", files_dir=os.environ["PEER_FOLDER"]))
