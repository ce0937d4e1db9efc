# `cmake --install` and the Debian package. The scripts stay beside each other under share/doorstep as
# in the checkout, with links where they look for what was built; doorstep-up and its like in bin/ are
# links to them. Mosquitto's own directories are named as Debian names them.
include(GNUInstallDirs)
set(DOORSTEP_SHARE ${CMAKE_INSTALL_DATADIR}/doorstep)

foreach(program doorstep-ca doorstep-collect doorstep-conf doorstep-dk doorstep-web doorstep-why)
    if(TARGET ${program})
        install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
    endif()
endforeach()
if(TARGET mosquitto_doorstep)
    install(TARGETS mosquitto_doorstep LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/mosquitto)
endif()

install(PROGRAMS broker/up broker/down broker/status broker/exercises DESTINATION ${DOORSTEP_SHARE}/broker)
install(DIRECTORY broker/lib DESTINATION ${DOORSTEP_SHARE}/broker)
install(PROGRAMS ca/class DESTINATION ${DOORSTEP_SHARE}/ca)
install(PROGRAMS compose/scale/run compose/scale/pack DESTINATION ${DOORSTEP_SHARE}/compose/scale)
file(WRITE ${CMAKE_BINARY_DIR}/VERSION "doorstep ${PROJECT_VERSION}\n")
install(FILES ${CMAKE_BINARY_DIR}/VERSION DESTINATION ${DOORSTEP_SHARE})
install(FILES plugins/journal.schema.json ca/inspect.schema.json DESTINATION ${DOORSTEP_SHARE})

# Links, relative, so that a tree that is moved whole goes on working.
function(doorstep_link at target)
    cmake_path(GET at PARENT_PATH dir)
    file(RELATIVE_PATH to "/${dir}" "/${target}")
    install(CODE "
        set(at \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${at}\")
        get_filename_component(dir \"\${at}\" DIRECTORY)
        file(MAKE_DIRECTORY \"\${dir}\")
        file(CREATE_LINK \"${to}\" \"\${at}\" SYMBOLIC)
        message(STATUS \"Linking: \${at}\")")
endfunction()
doorstep_link(${DOORSTEP_SHARE}/build/bin ${CMAKE_INSTALL_BINDIR})
doorstep_link(${DOORSTEP_SHARE}/build/lib ${CMAKE_INSTALL_LIBDIR}/mosquitto)
foreach(verb up down status exercises)
    doorstep_link(${CMAKE_INSTALL_BINDIR}/doorstep-${verb} ${DOORSTEP_SHARE}/broker/${verb})
endforeach()
doorstep_link(${CMAKE_INSTALL_BINDIR}/doorstep-class ${DOORSTEP_SHARE}/ca/class)

file(GLOB pages ${CMAKE_SOURCE_DIR}/*/man/*.[158] ${CMAKE_SOURCE_DIR}/*/*/man/*.[158])
set(packed_pages)
foreach(page ${pages})
    string(REGEX MATCH "[158]$" section ${page})
    get_filename_component(name ${page} NAME)
    set(packed ${CMAKE_BINARY_DIR}/man/${name}.gz)
    add_custom_command(OUTPUT ${packed} DEPENDS ${page} VERBATIM
        COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man
        COMMAND sh -c "gzip -9nc \"$1\" > \"$2\"" sh ${page} ${packed})
    list(APPEND packed_pages ${packed})
    install(FILES ${packed} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
add_custom_target(man-pages ALL DEPENDS ${packed_pages})

file(GLOB lnav ${CMAKE_SOURCE_DIR}/plugins/why/*lnav*.json ${CMAKE_SOURCE_DIR}/plugins/*lnav*.json)
if(lnav)
    install(FILES ${lnav} DESTINATION ${DOORSTEP_SHARE}/lnav)
endif()

# The package: a service of its own, off until somebody enables it, and a snippet for a Mosquitto that
# is there already, inert until somebody edits it.
install(FILES cmake/deb/doorstep.service DESTINATION lib/systemd/system COMPONENT deb)
install(FILES cmake/deb/doorstep.default DESTINATION /etc/default RENAME doorstep COMPONENT deb)
configure_file(cmake/deb/mosquitto.conf mosquitto.conf.deb @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/mosquitto.conf.deb DESTINATION /etc/mosquitto/conf.d RENAME doorstep.conf COMPONENT deb)
install(FILES README.md cmake/deb/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/doorstep COMPONENT deb)
configure_file(cmake/deb/changelog changelog @ONLY)
execute_process(COMMAND gzip -9nc changelog WORKING_DIRECTORY ${CMAKE_BINARY_DIR} OUTPUT_FILE changelog.gz COMMAND_ERROR_IS_FATAL ANY)
install(FILES ${CMAKE_BINARY_DIR}/changelog.gz DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/doorstep COMPONENT deb)
install(FILES cmake/deb/lintian-overrides DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides RENAME doorstep COMPONENT deb)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME doorstep)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Doorstep maintainers <doorstep@users.noreply.github.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "test broker that tells why a device was turned away")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "Doorstep runs Debian's Mosquitto with a plugin that watches
 every MQTT/TLS connection attempt, names the one reason for each that fails,
 and shows it on a page. With a certificate kit for cellular IoT.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "mosquitto (>= 2.0.11), openssl, jq, iproute2, procps, passwd")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "mosquitto-clients, lnav, wireshark-common")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${CMAKE_SOURCE_DIR}/cmake/deb/postinst ${CMAKE_SOURCE_DIR}/cmake/deb/prerm
    ${CMAKE_SOURCE_DIR}/cmake/deb/postrm ${CMAKE_SOURCE_DIR}/cmake/deb/conffiles)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_STRIP_FILES ON)
include(CPack)
