# Makes pillow.zip: pictures of all kinds, and next to each what Pillow makes of it. usage: /usr/bin/python3 pillow.py OUT.zip (needs Debian's python3-pil and python3-numpy)
# NAME.npy: the pixels after convert("RGB"), or convert("L") of a gray picture; NAME-crop.npy: the shorter side resized to 27, bilinear, and the centre 24 x 24 taken;
# NAME-cubic.npy, NAME-lanczos.npy, NAME-nearest.npy: stretched to 41 x 15.
import io, struct, sys, zipfile, zlib
import numpy as np
from PIL import Image, ImageOps

def scene(w, h, seed):
    r, (y, x) = np.random.RandomState(seed), np.mgrid[0:h, 0:w]
    waves = [127 + 90 * np.sin(x / r.uniform(2, 9) + y / r.uniform(2, 9) + r.uniform(0, 6)) for _ in range(4)]
    a = np.stack(waves, 2) + r.randint(-2, 3, (h, w, 4))
    a[h // 3:h // 2, w // 4:w // 2] = r.randint(0, 256, 4)
    return np.clip(a, 0, 255).astype(np.uint8)

def chunk(name, content): return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

def png(rows, w, h, color, depth, extra=b"", lace=0):
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", w, h, depth, color, 0, 0, lace)) + extra + chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")

def saved(image, kind, **options):
    b = io.BytesIO(); image.save(b, kind, **options); return b.getvalue()

def pictures():
    rgba = lambda i, w=37, h=29: scene(w, h, i)
    rgb = lambda i, w=37, h=29: Image.fromarray(rgba(i, w, h)[:, :, :3])
    gray = lambda i: Image.fromarray(rgba(i)[:, :, 0])
    cmyk = lambda i: Image.fromarray(rgba(i), "CMYK")
    for i, sub in enumerate((0, 1, 2)): yield f"jpeg-sub{sub}.jpg", saved(rgb(i), "JPEG", quality=90, subsampling=sub)
    yield "jpeg-tall.jpeg", saved(rgb(3, 29, 83), "JPEG", quality=75)
    yield "jpeg-odd.JPG", saved(rgb(4, 25, 25), "JPEG", quality=60)
    yield "jpeg-progressive.jpg", saved(rgb(5), "JPEG", progressive=True)
    yield "jpeg-gray.jpg", saved(gray(6), "JPEG")
    yield "jpeg-cmyk.jpg", saved(cmyk(7), "JPEG", quality=95)
    for o in range(2, 9):
        e = Image.Exif(); e[0x112] = o
        yield f"jpeg-turned{o}.jpg", saved(rgb(6 + o), "JPEG", exif=e)
    yield "png-rgb.png", saved(rgb(20), "PNG")
    yield "png-wide.png", saved(rgb(50, 70, 7), "PNG")
    yield "png-gray.png", saved(gray(21), "PNG")
    yield "png-gray-opacity.png", saved(gray(22).convert("LA"), "PNG")
    yield "png-bit.png", saved(gray(23).convert("1"), "PNG")
    yield "png-palette.png", saved(rgb(24).convert("P", palette=Image.ADAPTIVE, colors=40), "PNG")
    yield "png-palette16.png", saved(rgb(25).convert("P", palette=Image.ADAPTIVE, colors=16), "PNG", bits=4)
    yield "png-palette-clear.png", saved(rgb(26).convert("P", palette=Image.ADAPTIVE, colors=40), "PNG", transparency=3)
    yield "png-key.png", png(b"".join(b"\0" + r.tobytes() for r in rgba(27)[:, :, :3]), 37, 29, 2, 8, chunk(b"tRNS", struct.pack(">3H", 9, 9, 9)))
    yield "png-gamma.png", png(b"".join(b"\0" + r.tobytes() for r in rgba(28)[:, :, :3]), 37, 29, 2, 8, chunk(b"gAMA", struct.pack(">I", 100000)))
    yield "png-gray-gamma.png", png(b"".join(b"\0" + r.tobytes() for r in rgba(29)[:, :, 0]), 37, 29, 0, 8, chunk(b"gAMA", struct.pack(">I", 100000)))
    yield "png-deep.png", png(b"".join(b"\0" + (r.astype(np.uint16) * 256 + 77).astype(">u2").tobytes() for r in rgba(30)[:, :, :3]), 37, 29, 2, 16)
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2), (1, 0, 2, 1)]
    yield "png-laced.png", png(b"".join(b"\0" + r.tobytes() for y, x, dy, dx in passes for r in rgba(31)[y::dy, x::dx, :3]), 37, 29, 2, 8, lace=1)
    yield "png-opacity.png", saved(Image.fromarray(rgba(32)), "PNG")
    yield "webp-lossy.webp", saved(rgb(33), "WEBP", quality=80)
    yield "webp-lossless.webp", saved(rgb(34), "WEBP", lossless=True)
    yield "bmp-rgb.bmp", saved(rgb(35), "BMP")
    yield "bmp-gray.bmp", saved(gray(36), "BMP")
    yield "bmp-palette.bmp", saved(rgb(37).convert("P", palette=Image.ADAPTIVE, colors=30), "BMP")
    frames = [rgb(38 + i).convert("P", palette=Image.ADAPTIVE, colors=64) for i in range(3)]
    yield "gif-first.gif", saved(frames[0], "GIF", save_all=True, append_images=frames[1:])
    part = bytearray(saved(rgb(46).convert("P", palette=Image.ADAPTIVE, colors=16), "GIF"))
    frame = part.index(struct.pack("<cHHHH", b",", 0, 0, 37, 29))
    part[frame + 1], part[frame + 3], part[6], part[8] = 5, 4, 48, 40
    yield "gif-part.gif", bytes(part)
    yield "tiff-rgb.tif", saved(rgb(41), "TIFF")
    yield "tiff-lzw.tiff", saved(rgb(42), "TIFF", compression="tiff_lzw")
    yield "tiff-gray.tif", saved(gray(43), "TIFF")
    yield "tiff-cmyk.tif", saved(cmyk(44), "TIFF")
    yield "tiff-bit.tif", saved(gray(45).convert("1"), "TIFF")

def npy(image):
    b = io.BytesIO(); np.save(b, np.array(image)); return b.getvalue()

with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED, compresslevel=9) as out:
    def add(name, content): out.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
    for name, content in pictures():
        add(name, content)
        image = Image.open(io.BytesIO(content))
        image = ImageOps.exif_transpose(image).convert("L" if image.mode in ("1", "L", "LA") else "RGB")
        w, h = image.size
        size = (27, int(27 * h / w)) if w < h else (int(27 * w / h), 27)
        left, top = int(round((size[0] - 24) / 2)), int(round((size[1] - 24) / 2))
        add(f"{name}.npy", npy(image))
        add(f"{name}-crop.npy", npy(image.resize(size, Image.BILINEAR).crop((left, top, left + 24, top + 24))))
        for how, filter in (("cubic", Image.BICUBIC), ("lanczos", Image.LANCZOS), ("nearest", Image.NEAREST)): add(f"{name}-{how}.npy", npy(image.resize((41, 15), filter)))
