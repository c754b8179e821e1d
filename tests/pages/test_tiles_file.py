"""tiles.pmtiles as a file that maps read part by part."""

from pmtiles.reader import Reader, all_tiles


def test_the_pmtiles_library_reads_the_archive_over_ranges(web):
    """As a map in a browser does, without any server of tiles."""
    address = "/data/lokasi-sekolah/2/tiles.pmtiles"
    with web.get(address) as whole:
        etag, content = whole.headers["ETag"], whole.data
    assert whole.mimetype == "application/vnd.pmtiles"
    sizes = []

    def part(offset: int, length: int) -> bytes:
        said = {"Range": f"bytes={offset}-{offset + length - 1}", "If-Range": etag}
        with web.get(address, headers=said) as answer:
            assert answer.status_code == 206
            sizes.append(len(answer.data))
            return answer.data

    def local(offset: int, length: int) -> bytes:
        return content[offset : offset + length]

    remote, near = Reader(part), Reader(local)
    assert remote.metadata() == near.metadata()
    drawn = [(zxy, tile) for zxy, tile in all_tiles(local) if zxy[0] == near.header()["max_zoom"]]
    for zxy, tile in drawn[:3]:
        assert remote.get(*zxy) == tile
    assert len(content) not in sizes
    with web.get(address, headers={"Range": "bytes=0-9", "If-Range": '"another"'}) as answer:
        assert (answer.status_code, answer.data) == (200, content)
