"""A client of /v1/audio/transcriptions, as curl and OpenAI's libraries are."""

import io
import wave

import aiohttp

from edged.geometry import SAMPLE_RATE
from edged.serve.clients.visit import Door, Refused, Spoken
from edged.stages.recognize.recognizer import Pcm


def wav(pcm: Pcm) -> bytes:
    """Return sound as a WAV file."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(pcm.astype("<i2").tobytes())
    return data.getvalue()


async def http(door: Door, spoken: Spoken) -> str:
    """Send a file; return its text."""
    form = aiohttp.FormData({"model": "whisper-1"})
    form.add_field("file", wav(spoken.command), filename="bench.wav", content_type="audio/wav")
    address = f"http://{door.host}:{door.ports['openai']}/v1/audio/transcriptions"
    async with aiohttp.ClientSession() as session, session.post(address, data=form) as response:
        if response.status in (429, 503):
            raise Refused(f"{response.status} {await response.text()}")
        response.raise_for_status()
        text: str = (await response.json())["text"]
        return text
