"""Files and what stands beside them.

folder    check_path, make_folder, publish (whole or invisible, never over another file), clean_partials
bwf       Description, write: Broadcast Wave, 24 bits, with bext and iXML
naming    stem_name, mix_name: UCS; beside_name: files named after the job
manifest  Manifest, Versions, write_manifest, read_manifest, differences
export    write_rpp, export: the job as a REAPER project, AAF, OTIO, EDL, DAWproject (interchange/)
"""
